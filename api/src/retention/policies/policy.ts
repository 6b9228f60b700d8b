import type { RetentionSubject } from '../../../../prisma/generated/client/enums.ts'

export const DAY_MS = 86_400_000
export const MIN_DAYS = 1
export const MAX_DAYS = 3_650

/** A UTC day, as the number of days since 1970-01-01. */
export type Day = number

export const dayOf = (ms: number): Day => Math.floor(ms / DAY_MS)
/** YYYY-MM-DD. */
export const dayName = (day: Day): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** The current policies: for how many days rows are kept. Null: for ever. */
export interface Policies {
  /** Events of tenants without their own policy. */
  events: number
  /** System events. */
  systemEvents: number
  audit: number | null
  alerts: number | null
  /** The tenants that have their own policy for events. */
  tenants: ReadonlyMap<string, number>
  /** Tenants under legal hold. */
  holds: ReadonlySet<string>
}

/** For how many days events are kept. `tenantId` null means system events. */
export const eventDays = (policies: Policies, tenantId: string | null): number =>
  tenantId === null ? policies.systemEvents : (policies.tenants.get(tenantId) ?? policies.events)

/** For how many days the rows of a subject are kept; null: for ever. For EVENTS this depends on the tenant. */
export function daysOf(policies: Policies, subject: RetentionSubject, tenantId: string | null): number | null {
  if (subject === 'AUDIT') return policies.audit
  if (subject === 'ALERTS') return policies.alerts
  return eventDays(policies, subject === 'SYSTEM_EVENTS' ? null : tenantId)
}

/**
 * The first day that is kept. All rows of a UTC day expire together, when the day is more than `retentionDays` days
 * ago. So each row is kept for at least `retentionDays` times 24 hours, and a partition expires as a whole, whatever
 * the time of the run.
 */
export const firstKeptDay = (now: number, retentionDays: number): Day => dayOf(now) - retentionDays

/** Rows from before this time expire. */
export const cutoffOf = (now: number, retentionDays: number): Date =>
  new Date(firstKeptDay(now, retentionDays) * DAY_MS)

/** Whether a tenant's events of a day have expired. If not, the reason why they are kept. */
export type DayState = 'EXPIRED' | 'KEPT' | 'HELD' | 'RESTORED'

/**
 * The state of a tenant's events of a day. `restoredAt` is the time (ms) when the day was restored from an archive, if
 * it was: its age then counts from that time.
 */
export function stateOfDay(
  policies: Policies,
  tenantId: string | null,
  day: Day,
  now: number,
  restoredAt: number | null,
): DayState {
  if (tenantId !== null && policies.holds.has(tenantId)) return 'HELD'
  const firstKept = firstKeptDay(now, eventDays(policies, tenantId))
  if (day >= firstKept) return 'KEPT'
  return restoredAt !== null && dayOf(restoredAt) >= firstKept ? 'RESTORED' : 'EXPIRED'
}
