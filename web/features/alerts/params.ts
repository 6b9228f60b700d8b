import { severityOf } from '@/features/events/params.ts'
import type { AlertFilter, AlertStatus } from '@/lib/graphql.ts'
import type { ListParams } from '@/lib/lists/list-params.ts'
import { WINDOWS } from '@/lib/lists/windows.ts'

/** The filters of the alerts page, with their names in the URL. */
export const ALERT_KEYS = ['status', 'severity', 'rule'] as const

export type AlertParams = ListParams & Record<(typeof ALERT_KEYS)[number], readonly string[]>

const STATUSES: readonly AlertStatus[] = ['FIRING', 'ACKNOWLEDGED', 'RESOLVED']

const orNull = <Value>(values: readonly Value[]): Value[] | null => (values.length > 0 ? [...values] : null)

/** The API query of the alerts page's URL. Unknown values are left out. */
export function alertFilter({ status, severity, rule, window, q }: AlertParams, tenantId: string | null): AlertFilter {
  return {
    tenantId,
    statuses: orNull(STATUSES.filter((one) => status.includes(one.toLowerCase()))),
    severities: orNull(severity.map(severityOf).filter((one) => one !== null)),
    ruleId: rule.find((id) => id.startsWith('rul_')) ?? null,
    window: WINDOWS[window].value,
    search: q || null,
  }
}

/** The filter, restricted to firing alerts; null if the filter excludes firing alerts. */
export const firingOf = (filter: AlertFilter): AlertFilter | null =>
  !filter.statuses || filter.statuses.includes('FIRING') ? { ...filter, statuses: ['FIRING'] } : null
