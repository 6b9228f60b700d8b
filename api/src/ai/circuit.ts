import type { CircuitState } from '../../../prisma/generated/client/enums.ts'
import type { CircuitSettings } from './providers/descriptor.ts'

/** The stored state of a provider. Times are milliseconds since the epoch. */
export interface ProviderHealth {
  totalCalls: number
  failedCalls: number
  consecutiveFailures: number
  lastError: string | null
  lastCheckedAt: number | null
  lastSuccessAt: number | null
  /** While the circuit is open: when the provider may be probed. Null while the circuit is closed. */
  cooldownUntil: number | null
  /** Cooldowns in a row without a success in between. Each cooldown is twice as long as the previous one. */
  cooldowns: number
  /**
   * Until this time one request is the probe. If the probe's outcome is not recorded by then, its process counts as
   * dead, and another request may claim the probe.
   */
  probeUntil: number | null
  /** Milliseconds of the latest successful calls, oldest first. */
  latencies: readonly number[]
}

export const UNTRIED: ProviderHealth = {
  totalCalls: 0,
  failedCalls: 0,
  consecutiveFailures: 0,
  lastError: null,
  lastCheckedAt: null,
  lastSuccessAt: null,
  cooldownUntil: null,
  cooldowns: 0,
  probeUntil: null,
  latencies: [],
}

/** How a call ended. */
export type CallOutcome =
  | { ok: true; latencyMs: number; at: number }
  | {
      ok: false
      error: string
      at: number
      /** Whether the call was the probe after a cooldown. */
      isProbe: boolean
      /**
       * Whether the failure is the provider's fault. False if the provider refused this input; it may accept the next
       * one.
       */
      isProviders: boolean
      retryAfterMs: number | null
    }

/** The number of latest successful calls from which the 95th percentile is computed. */
export const MAX_LATENCIES = 200

export function circuitState(health: ProviderHealth, now: number): CircuitState {
  if (health.cooldownUntil === null) return 'CLOSED'
  return health.probeUntil !== null && health.probeUntil > now ? 'HALF_OPEN' : 'OPEN'
}

/**
 * Whether a provider may be called now. Null: yes. `probe`: only by one request, which has to claim the probe first.
 * Otherwise the reason why the provider is skipped.
 */
export function restriction(health: ProviderHealth, now: number): { reason: string } | 'probe' | null {
  if (health.cooldownUntil === null) return null
  if (health.cooldownUntil > now) {
    const until = new Date(health.cooldownUntil).toISOString()
    return { reason: `cooling down until ${until} after: ${health.lastError ?? 'a failure'}` }
  }
  return circuitState(health, now) === 'HALF_OPEN' ? { reason: 'another request is probing it' } : 'probe'
}

/**
 * The health after a call. A success closes the circuit; `failures` failures in a row open it. While the circuit is
 * open, only a failed probe extends the cooldown: requests that began together fail together, and are one outage. A
 * Retry-After of the provider extends any cooldown.
 */
export function afterCall(health: ProviderHealth, outcome: CallOutcome, circuit: CircuitSettings): ProviderHealth {
  const counted = { ...health, totalCalls: health.totalCalls + 1, lastCheckedAt: outcome.at }
  if (outcome.ok) {
    return {
      ...counted,
      consecutiveFailures: 0,
      lastSuccessAt: outcome.at,
      cooldownUntil: null,
      cooldowns: 0,
      probeUntil: null,
      latencies: [...health.latencies, outcome.latencyMs].slice(-MAX_LATENCIES),
    }
  }
  const failed = { ...counted, failedCalls: health.failedCalls + 1, lastError: outcome.error }
  if (!outcome.isProviders) {
    // The provider refused the probe's input. It is up nevertheless, so the circuit closes.
    return outcome.isProbe
      ? { ...failed, consecutiveFailures: 0, cooldownUntil: null, cooldowns: 0, probeUntil: null }
      : failed
  }
  const consecutiveFailures = health.consecutiveFailures + 1
  const isOpen = health.cooldownUntil !== null
  const opens = !isOpen && consecutiveFailures >= circuit.failures
  if (!opens && !isOpen && outcome.retryAfterMs === null) return { ...failed, consecutiveFailures }
  const lengthens = opens || outcome.isProbe
  const cooldowns = lengthens ? health.cooldowns + 1 : Math.max(1, health.cooldowns)
  const cooldownMs =
    Math.min(circuit.cooldownSeconds * 2 ** Math.min(cooldowns - 1, 30), circuit.maxCooldownSeconds) * 1_000
  const until = Math.max(
    lengthens ? outcome.at + cooldownMs : (health.cooldownUntil ?? 0),
    outcome.at + (outcome.retryAfterMs ?? 0),
  )
  return {
    ...failed,
    consecutiveFailures,
    cooldowns,
    cooldownUntil: until,
    probeUntil: outcome.isProbe ? null : health.probeUntil,
  }
}

/** The 95th percentile (nearest rank) in milliseconds; null before the first successful call. */
export function latencyP95(latencies: readonly number[]): number | null {
  if (latencies.length === 0) return null
  const sorted = latencies.toSorted((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? null
}
