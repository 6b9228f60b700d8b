import type { RetentionSubject } from '@/lib/graphql.ts'

export const SUBJECTS: Record<RetentionSubject, { name: string; covers: string }> = {
  EVENTS: {
    name: 'Events',
    covers: 'Events of tenants, with their deliveries and attempts. The default of every tenant.',
  },
  SYSTEM_EVENTS: { name: 'System events', covers: 'Events of no tenant, with their deliveries and attempts.' },
  ALERTS: { name: 'Alerts', covers: 'Alerts that are resolved.' },
  AUDIT: { name: 'Audit entries', covers: 'Entries of the audit trail.' },
}

/** Describes how the rows of a scope were deleted. */
export const STRATEGIES: Record<string, string> = {
  drop: 'whole days',
  delete: 'in batches',
  'drop+delete': 'whole days and in batches',
  hold: 'nothing: legal hold',
  none: 'nothing has expired',
}

export const daysText = (days: number | null | undefined): string =>
  days == null ? 'for good' : days === 1 ? '1 day' : `${days.toLocaleString('en')} days`

export const actorText = ({ id, name }: { id: string; name?: string | null }): string => name ?? id

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** Formats bytes in units of 1,000: "812 bytes", "3.4 MB". */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}
