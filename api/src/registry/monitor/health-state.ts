import type { HealthStatus } from '../../../../prisma/generated/client/enums.ts'

/** The health of a service after consecutive probes. Pure: see health-state.test.ts for the invariants. */
export interface ProbedState {
  /** The effective status. It changes only after consecutive results that agree. */
  probedStatus: HealthStatus
  /** The status of the last probes if it differs from `probedStatus`. */
  pendingStatus: HealthStatus | null
  /** The number of consecutive results with that status. */
  pendingCount: number
}

export interface Thresholds {
  /** Consecutive results that make a service worse. */
  failures: number
  /** Consecutive results that make it better. */
  successes: number
}

const RANK: Readonly<Record<HealthStatus, number>> = { UNKNOWN: 0, OK: 1, DEGRADED: 2, DOWN: 3 }

/** Applies one more result. The very first result counts at once, because it cannot be flapping. */
export function nextProbed(before: ProbedState, result: HealthStatus, thresholds: Thresholds): ProbedState {
  const { probedStatus } = before
  const settled = (status: HealthStatus) => ({ probedStatus: status, pendingStatus: null, pendingCount: 0 })
  if (result === probedStatus || probedStatus === 'UNKNOWN') return settled(result)
  const pendingCount = before.pendingStatus === result ? before.pendingCount + 1 : 1
  const needed = RANK[result] > RANK[probedStatus] ? thresholds.failures : thresholds.successes
  return pendingCount >= needed ? settled(result) : { probedStatus, pendingStatus: result, pendingCount }
}

/** The facts that determine a service's status. Times in milliseconds since the epoch. */
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

/** The worst of the results of probes, heartbeats and the time to live. */
export function effectiveStatus(signs: Signs, now: number): HealthStatus {
  if (isOverdue(signs, now)) return 'DOWN'
  const { healthUrl, probedStatus, reportedStatus } = signs
  // A service without probes is well as long as its heartbeats come and report nothing else.
  if (healthUrl === '') return reportedStatus === 'UNKNOWN' ? 'OK' : reportedStatus
  return RANK[probedStatus] >= RANK[reportedStatus] ? probedStatus : reportedStatus
}
