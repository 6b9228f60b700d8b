import { explain } from './explain.ts'
import { type ForecastInput, judge } from './judge.ts'

export type { ForecastInput, ForecastSubject } from './judge.ts'

/** The likelihood that another attempt would succeed now (0 to 1), and its reasons in words. */
export interface Forecast {
  likelihood: number
  basis: string
  /** Since when the receiver has accepted every request, at most an hour ago; null unless it is UP. */
  healthySince: Date | null
}

/** A replay is recommended from this likelihood on: at least 9 of 10 recommended replays succeed (docs/forecast.md). */
export const RECOMMENDED_LIKELIHOOD = 0.8

const EVIDENCE_MS = 60 * 60_000

/**
 * The likelihood that an attempt now would succeed. The class of the failure, the state of the receiver, and whether
 * the delivery failed alone form a situation. The rate of a situation is learned from earlier attempts. Null unless the
 * delivery is FAILED or DEAD_LETTER.
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

/** The evidence has the attempts of the last hour, so a receiver without a failure has been healthy for at least that long. */
const healthySince = ({ receiver, now }: ForecastInput): Date => receiver.lastFailureAt ?? new Date(now - EVIDENCE_MS)
