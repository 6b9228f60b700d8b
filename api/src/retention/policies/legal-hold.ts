import type { ActorKind, Tenant } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedSql } from '../../audit/record.ts'
import { checkTenantSlug, unboundOnly } from '../../identity/tenant-scope.ts'
import { badInput } from '../../kit/errors.ts'
import { lockForChange } from './lock.ts'
import { checkTenantExists, readTenant } from './set-retention.ts'

export interface LegalHoldRow {
  tenantId: string
  reason: string | null
  createdAt: Date
  setByKind: ActorKind
  setById: string
  setByName: string | null
}

const MAX_REASON = 500

export const readLegalHolds = (query: AppContext['db']['query']): Promise<LegalHoldRow[]> =>
  query<LegalHoldRow>(
    `SELECT tenant_id AS "tenantId", reason, created_at AS "createdAt", set_by_kind AS "setByKind", set_by_id AS "setById",
       set_by_name AS "setByName" FROM legal_holds ORDER BY tenant_id`,
  )

/**
 * Puts a tenant under legal hold, or lifts the hold. Once this has resolved, none of the tenant's rows is being deleted
 * or will be. Setting a hold again keeps its start and replaces its reason, if a new one is given. Throws FORBIDDEN for
 * a bound identity, BAD_USER_INPUT, NOT_FOUND.
 */
export async function setLegalHold(
  core: AppContext,
  caller: Caller,
  { tenantId, hold, reason }: { tenantId: string; hold: boolean; reason: string | null },
): Promise<Tenant> {
  const { identity } = caller
  unboundOnly(identity)
  checkTenantSlug(tenantId, 'tenantId')
  if (reason !== null && reason.length > MAX_REASON)
    throw badInput('reason', `has ${reason.length} characters; expected at most ${MAX_REASON}`)
  await auditedSql(core, caller, hold ? 'retention.hold' : 'retention.release', async (client) => {
    await lockForChange(client)
    await checkTenantExists(client, tenantId)
    const { rows } = await client.query<{ reason: string | null }>(
      'SELECT reason FROM legal_holds WHERE tenant_id = $1',
      [tenantId],
    )
    if (hold)
      await client.query(
        `INSERT INTO legal_holds (tenant_id, reason, created_at, set_by_kind, set_by_id, set_by_name) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id) DO UPDATE SET reason = coalesce(excluded.reason, legal_holds.reason)`,
        [tenantId, reason, new Date(core.clock()).toISOString(), identity.kind, identity.id, identity.name],
      )
    else await client.query('DELETE FROM legal_holds WHERE tenant_id = $1', [tenantId])
    return {
      result: undefined,
      target: { type: 'tenant', id: tenantId },
      tenantId,
      before: { legalHold: rows.length > 0, reason: rows[0]?.reason ?? null },
      after: { legalHold: hold, reason },
    }
  })
  return readTenant(core, tenantId)
}
