import type { HealthStatus } from '../../../../prisma/generated/client/enums.ts'

/**
 * What probes have found out about a service. All functions here are pure; health-state.test.ts tests the invariants.
 */
export interface ProbedState {
  /** The status according to the probes. It changes only after several consecutive probes with the same result. */
  probedStatus: HealthStatus
  /** The result of the latest probes if it differs from `probedStatus`, else null. */
  pendingStatus: HealthStatus | null
  /** The number of consecutive probes with the result `pendingStatus`. */
  pendingCount: number
}

export interface Thresholds {
  /** Number of consecutive results after which the status becomes worse. */
  failures: number
  /** Number of consecutive results after which the status becomes better. */
  successes: number
}

const RANK: Readonly<Record<HealthStatus, number>> = { UNKNOWN: 0, OK: 1, DEGRADED: 2, DOWN: 3 }

/** Applies one more result. The very first result counts immediately. */
export function nextProbed(before: ProbedState, result: HealthStatus, thresholds: Thresholds): ProbedState {
  const { probedStatus } = before
  const settled = (status: HealthStatus) => ({ probedStatus: status, pendingStatus: null, pendingCount: 0 })
  if (result === probedStatus || probedStatus === 'UNKNOWN') return settled(result)
  const pendingCount = before.pendingStatus === result ? before.pendingCount + 1 : 1
  const needed = RANK[result] > RANK[probedStatus] ? thresholds.failures : thresholds.successes
  return pendingCount >= needed ? settled(result) : { probedStatus, pendingStatus: result, pendingCount }
}

/** The values that determine a service's status. Times are in milliseconds since the epoch. */
export interface Signs {
  healthUrl: string
  probedStatus: HealthStatus
  reportedStatus: HealthStatus
  lastSeen: number
  ttlSeconds: number | null
}

/** Whether the time to live of a service has expired. */
export const isOverdue = ({ lastSeen, ttlSeconds }: Pick<Signs, 'lastSeen' | 'ttlSeconds'>, now: number): boolean =>
  ttlSeconds !== null && now - lastSeen > ttlSeconds * 1_000

/** The worst status according to probes, heartbeats and the time to live. */
export function effectiveStatus(signs: Signs, now: number): HealthStatus {
  if (isOverdue(signs, now)) return 'DOWN'
  const { healthUrl, probedStatus, reportedStatus } = signs
  // A service without probes is OK as long as it sends heartbeats that report no other status.
  if (healthUrl === '') return reportedStatus === 'UNKNOWN' ? 'OK' : reportedStatus
  return RANK[probedStatus] >= RANK[reportedStatus] ? probedStatus : reportedStatus
}
