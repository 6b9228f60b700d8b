import type { HealthStatus } from '../../../../prisma/generated/client/enums.ts'

/** The health of a service after consecutive probes. Pure: see health-state.test.ts for the invariants. */
export interface ProbedState {
  /** The status that counts. It changes only after consecutive results that agree. */
  probedStatus: HealthStatus
  /** The status of the last probes if it differs from `probedStatus`. */
  pendingStatus: HealthStatus | null
  /** How many of them in a row. */
  pendingCount: number
}

export interface Thresholds {
  /** Results in a row that make a service worse. */
  failures: number
  /** Results in a row that make it better. */
  successes: number
}

const RANK: Readonly<Record<HealthStatus, number>> = { UNKNOWN: 0, OK: 1, DEGRADED: 2, DOWN: 3 }

/** Takes one more result into account. The first result of all counts at once: there is nothing yet that it could flap from. */
export function nextProbed(before: ProbedState, result: HealthStatus, thresholds: Thresholds): ProbedState {
  const { probedStatus } = before
  const settled = (status: HealthStatus) => ({ probedStatus: status, pendingStatus: null, pendingCount: 0 })
  if (result === probedStatus || probedStatus === 'UNKNOWN') return settled(result)
  const pendingCount = before.pendingStatus === result ? before.pendingCount + 1 : 1
  const needed = RANK[result] > RANK[probedStatus] ? thresholds.failures : thresholds.successes
  return pendingCount >= needed ? settled(result) : { probedStatus, pendingStatus: result, pendingCount }
}

/** The facts that decide a service's status. Times in milliseconds since the epoch. */
export interface Signs {
  healthUrl: string
  probedStatus: HealthStatus
  reportedStatus: HealthStatus
  lastSeen: number
  ttlSeconds: number | null
}

/** Whether a service has not been heard of for its time to live. */
export const isOverdue = ({ lastSeen, ttlSeconds }: Pick<Signs, 'lastSeen' | 'ttlSeconds'>, now: number): boolean =>
  ttlSeconds !== null && now - lastSeen > ttlSeconds * 1_000

/** The worst of what probes, heartbeats and the time to live say. */
export function effectiveStatus(signs: Signs, now: number): HealthStatus {
  if (isOverdue(signs, now)) return 'DOWN'
  const { healthUrl, probedStatus, reportedStatus } = signs
  // A service that is not asked is well as long as it is heard of and says nothing else.
  if (healthUrl === '') return reportedStatus === 'UNKNOWN' ? 'OK' : reportedStatus
  return RANK[probedStatus] >= RANK[reportedStatus] ? probedStatus : reportedStatus
}
