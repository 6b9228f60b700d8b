import type { CircuitState } from '../../../../prisma/generated/client/enums.ts'

/** Attempts of a webhook without its tests. */
export interface AttemptShare {
  delivered: number
  failed: number
}

export interface WatchedWebhook {
  isDegraded: boolean
  circuit: CircuitState
  /** The first failure since the last success; null when the last attempt succeeded. */
  failingSince: Date | null
  last10Minutes: AttemptShare
  last5Minutes: AttemptShare
}

/** A change of a webhook's health, and the reason. */
export interface HealthChange {
  to: 'DEGRADED' | 'RECOVERED'
  reason: string
}

/** A webhook becomes degraded below the first share of successful attempts, and recovers from the second one on. */
const DEGRADED_BELOW = 0.9
const RECOVERED_FROM = 0.97
/** Fewer attempts are not significant. */
const MIN_ATTEMPTS = 10

/**
 * Decides with hysteresis: a webhook becomes degraded with an open circuit, or with less than 90 % success over 10
 * minutes. It recovers with a closed circuit, a successful last attempt, and 97 % success over 5 minutes. Null: nothing
 * changes.
 */
export function healthChange(webhook: WatchedWebhook): HealthChange | null {
  return webhook.isDegraded ? recovery(webhook) : degradation(webhook)
}

function degradation({ circuit, last10Minutes }: WatchedWebhook): HealthChange | null {
  if (circuit === 'OPEN') return { to: 'DEGRADED', reason: 'The circuit is open: the last attempts all failed.' }
  const { delivered, failed } = last10Minutes
  const total = delivered + failed
  if (total < MIN_ATTEMPTS || delivered / total >= DEGRADED_BELOW) return null
  return { to: 'DEGRADED', reason: `${failed} of ${total} attempts of the last 10 minutes failed.` }
}

function recovery({ circuit, failingSince, last5Minutes }: WatchedWebhook): HealthChange | null {
  if (circuit !== 'CLOSED' || failingSince !== null) return null
  const { delivered, failed } = last5Minutes
  const total = delivered + failed
  if (failed > 0 && delivered / total < RECOVERED_FROM) return null
  const reason =
    total === 0
      ? 'The last attempt succeeded, and none has failed within the last 5 minutes.'
      : `${delivered} of ${total} attempts of the last 5 minutes succeeded.`
  return { to: 'RECOVERED', reason }
}
