import type { CircuitState } from '../../../../prisma/generated/client/enums.ts'

/** Counts of a webhook's attempts. Attempts of testWebhook are not included. */
export interface AttemptShare {
  delivered: number
  failed: number
}

export interface WatchedWebhook {
  isDegraded: boolean
  circuit: CircuitState
  /** Time of the first failure since the last success; null if the last attempt succeeded. */
  failingSince: Date | null
  last10Minutes: AttemptShare
  last5Minutes: AttemptShare
}

/** A change of a webhook's health, with its reason. */
export interface HealthChange {
  to: 'DEGRADED' | 'RECOVERED'
  reason: string
}

/**
 * A webhook becomes degraded when its share of successful attempts falls below DEGRADED_BELOW. It recovers when the
 * share reaches RECOVERED_FROM.
 */
const DEGRADED_BELOW = 0.9
const RECOVERED_FROM = 0.97
/** A share of fewer attempts is not significant. */
const MIN_ATTEMPTS = 10

/**
 * Decides with hysteresis whether a webhook's health changes. A webhook becomes degraded if its circuit opens or fewer
 * than 90 % of its attempts in 10 minutes succeed. It recovers if its circuit is closed, its last attempt succeeded,
 * and at least 97 % of its attempts in 5 minutes succeeded. Null if the health stays the same.
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
