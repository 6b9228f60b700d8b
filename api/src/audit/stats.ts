import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { readScope } from '../identity/tenant-scope.ts'

export interface NamedFigure {
  name: string
  count: number
}

export interface AuditStats {
  totalRequests: number
  /** Requests without a known identity. They belong to no tenant, so they are not among a tenant's counts. */
  denied401: number
  denied403: number
  byOperation: NamedFigure[]
  byStatus: NamedFigure[]
}

const MAX_OPERATIONS = 100
/** The maximum of GraphQL's Int. */
const MAX_INT = 2_147_483_647

/**
 * Counts of requests by operation and status since counting began: those of the identity's tenant, of the named tenant,
 * or of all. They lag by a few seconds (requests.ts).
 */
export async function auditStats(
  { db }: Pick<AppContext, 'db'>,
  identity: Identity,
  requested?: string | null,
): Promise<AuditStats> {
  const scope = readScope(identity, requested, 'tenantId')
  const rows =
    scope === null
      ? []
      : await db.query<{ operation: string; status: number; count: string }>(
          `SELECT operation, status, sum(count)::text AS count FROM audit_request_stats
           WHERE $1::text IS NULL OR tenant_id = $1 GROUP BY operation, status`,
          [scope === 'all' ? null : scope.tenantId],
        )
  const sum = (isCounted: (row: { operation: string; status: number }) => boolean) =>
    Math.min(
      MAX_INT,
      rows.filter(isCounted).reduce((total, { count }) => total + Number(count), 0),
    )
  const by = (name: (row: { operation: string; status: number }) => string) =>
    [...new Set(rows.map(name))].map((one) => ({ name: one, count: sum((row) => name(row) === one) }))
  return {
    totalRequests: sum(() => true),
    denied401: sum(({ status }) => status === 401),
    denied403: sum(({ status }) => status === 403),
    byOperation: mostFirst(by(({ operation }) => operation)).slice(0, MAX_OPERATIONS),
    byStatus: by(({ status }) => String(status)).sort((a, b) => a.name.localeCompare(b.name)),
  }
}

const mostFirst = (figures: NamedFigure[]) => figures.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
