import type { AuditFilter, AuditOutcome } from '@/lib/graphql.ts'
import { type ListParams, timeFilter } from '@/lib/lists/list-params.ts'

/** The filters of the audit page, with their names in the URL. */
export const AUDIT_KEYS = ['actor', 'action', 'outcome', 'target'] as const

type AuditParams = ListParams & Record<(typeof AUDIT_KEYS)[number], readonly string[]>

const ALL: readonly AuditOutcome[] = ['ALLOWED', 'DENIED', 'FAILED']

const orNull = <T>(values: readonly T[]): T[] | null => (values.length > 0 ? [...values] : null)

/** The API query of the audit page's URL. The search text matches actions that contain it. */
export function auditFilter(params: AuditParams, tenantId: string | null): AuditFilter {
  const { actor, action, outcome, target, q } = params
  return {
    ...timeFilter(params),
    tenantId,
    actorIds: orNull(actor),
    actions: orNull([...action, ...(q ? [q.includes('*') ? q : `*${q}*`] : [])]),
    outcomes: orNull(ALL.filter((one) => outcome.includes(one.toLowerCase()))),
    targetId: target[0] ?? null,
  }
}

/** The URL of a CSV file with the same entries. */
export function exportPath(filter: AuditFilter): string {
  const params = new URLSearchParams({ format: 'csv' })
  for (const [name, value] of Object.entries(filter))
    for (const one of Array.isArray(value) ? value : [value]) if (one) params.append(name, String(one))
  return `/exports/audit?${params}`
}
