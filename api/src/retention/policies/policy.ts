import type { RetentionSubject } from '../../../../prisma/generated/client/enums.ts'

export const DAY_MS = 86_400_000
export const MIN_DAYS = 1
export const MAX_DAYS = 3_650

/** A UTC day, as the number of days since 1970-01-01. */
export type Day = number

export const dayOf = (ms: number): Day => Math.floor(ms / DAY_MS)
/** YYYY-MM-DD. */
export const dayName = (day: Day): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** The current policies: days for which rows are kept. Null: for ever. */
export interface Policies {
  /** The default of every tenant. */
  events: number
  /** Events without a tenant. */
  systemEvents: number
  audit: number | null
  alerts: number | null
  /** Tenants with their own policy. */
  tenants: ReadonlyMap<string, number>
  /** Tenants under legal hold. */
  holds: ReadonlySet<string>
}

/** Days for which events are kept; `tenantId` null stands for the system's events. */
export const eventDays = (policies: Policies, tenantId: string | null): number =>
  tenantId === null ? policies.systemEvents : (policies.tenants.get(tenantId) ?? policies.events)

/** Days for which the rows of a subject are kept in a scope; null: for ever. */
export function daysOf(policies: Policies, subject: RetentionSubject, tenantId: string | null): number | null {
  if (subject === 'AUDIT') return policies.audit
  if (subject === 'ALERTS') return policies.alerts
  return eventDays(policies, subject === 'SYSTEM_EVENTS' ? null : tenantId)
}

/**
 * The first day that is kept. Rows expire by whole UTC days: a row is kept for at least `retentionDays` times 24 hours,
 * and expires with its day. So an expired day is a partition to drop, whatever the time of the run.
 */
export const firstKeptDay = (now: number, retentionDays: number): Day => dayOf(now) - retentionDays

/** The instant before which rows expire. */
export const cutoffOf = (now: number, retentionDays: number): Date =>
  new Date(firstKeptDay(now, retentionDays) * DAY_MS)

/** The reason why a tenant's day of events is kept, or EXPIRED. */
export type DayState = 'EXPIRED' | 'KEPT' | 'HELD' | 'RESTORED'

/** `restoredAt`: when the day was restored from an archive (ms). Its age counts from then on. */
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
