import { explain } from './explain.ts'
import { type ForecastInput, judge } from './judge.ts'

export type { ForecastInput, ForecastSubject } from './judge.ts'

/** The likelihood (0 to 1) that another attempt would succeed now, and an explanation. */
export interface Forecast {
  likelihood: number
  basis: string
  /**
   * Since when the receiver has accepted every request. Looks back at most one hour. Null unless the receiver is UP.
   */
  healthySince: Date | null
}

/**
 * A replay is recommended if its likelihood is at least this. At least 9 of 10 recommended replays succeed
 * (docs/forecast.md).
 */
export const RECOMMENDED_LIKELIHOOD = 0.8

const EVIDENCE_MS = 60 * 60_000

/**
 * The likelihood that an attempt now would succeed. The situation of a delivery consists of the class of its failure,
 * the state of its receiver, and whether it failed while others succeeded. The success rate of a situation is learned
 * from earlier attempts. Null unless the delivery is FAILED or DEAD_LETTER.
 */
export function forecast(input: ForecastInput): Forecast | null {
  const { delivery, webhook } = input
  if (delivery.status !== 'FAILED' && delivery.status !== 'DEAD_LETTER') return null
  if (webhook.deletedAt !== null) return { likelihood: 0, basis: 'The webhook was deleted.', healthySince: null }
  const judgement = judge(input)
  return {
    likelihood: judgement.likelihood,
    basis: explain(input, judgement),
    healthySince: judgement.receiver === 'UP' ? healthySince(input) : null,
  }
}

/** If the attempts of the last hour contain no failure, the receiver has been healthy for at least that hour. */
const healthySince = ({ receiver, now }: ForecastInput): Date => receiver.lastFailureAt ?? new Date(now - EVIDENCE_MS)
