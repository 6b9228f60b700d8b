import type { AuditEntry } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { KeysetRange } from '../db/keyset.ts'
import { hasRole, type Identity } from '../identity/identity.ts'
import { type AuditFilter, auditQuery } from './audit-filter.ts'

export type AuditRow = Omit<AuditEntry, 'chain' | 'seq' | 'prevHash'>

/** SQL for the columns of an AuditRow. Needs `audit_entries e`. */
export const AUDIT_COLUMNS = `e.id, e.at, e.actor_kind AS "actorKind", e.actor_id AS "actorId", e.actor_name AS "actorName",
  e.roles::text[] AS roles, e.tenant_id AS "tenantId", e.action, e.target_type AS "targetType", e.target_id AS "targetId", e.outcome,
  e.before, e.after, e.client_ip AS "clientIp", e.request_id AS "requestId", e.hash`

/** The entries in scope that match a filter, newest first. Throws BAD_USER_INPUT for an invalid filter. */
export function listEntries(
  { db, clock }: Pick<AppContext, 'db' | 'clock'>,
  identity: Identity,
  filter: AuditFilter | null | undefined,
): (range: KeysetRange) => Promise<AuditRow[]> {
  const query = auditQuery(identity, filter, clock())
  if (query === null) return async () => []
  return ({ afterId, beforeId, take, order }) => {
    const values = [...query.values]
    const conditions = [...query.conditions]
    if (afterId !== null) conditions.push(`e.id < $${values.push(afterId)}::uuid`)
    if (beforeId !== null) conditions.push(`e.id > $${values.push(beforeId)}::uuid`)
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
    return db.query<AuditRow>(
      `SELECT ${AUDIT_COLUMNS} FROM audit_entries e ${where} ORDER BY e.id ${order} LIMIT $${values.push(take)}`,
      values,
    )
  }
}

/** The entries with these ids that an ADMIN may see. Other roles see none. */
export async function entriesById(
  { db }: Pick<AppContext, 'db'>,
  identity: Identity,
  ids: readonly string[],
): Promise<AuditRow[]> {
  if (!hasRole(identity, 'ADMIN')) return []
  return db.query<AuditRow>(
    `SELECT ${AUDIT_COLUMNS} FROM audit_entries e WHERE e.id = ANY($1::uuid[]) AND ($2::text IS NULL OR e.tenant_id = $2)`,
    [ids, identity.tenantId],
  )
}
