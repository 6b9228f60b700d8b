import type { PoolClient } from 'pg'
import type { RetentionSubject, Tenant } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedSql } from '../../audit/record.ts'
import { checkTenantSlug, unboundOnly } from '../../identity/tenant-scope.ts'
import { AppError, badInput } from '../../kit/errors.ts'
import { lockForChange } from './lock.ts'
import { MAX_DAYS, MIN_DAYS } from './policy.ts'

/** Which policy to set: that of a tenant's events, or that of a subject in the whole installation (`tenantId` ''). */
interface PolicyKey {
  subject: RetentionSubject
  tenantId: string
}

/** Sets how long a tenant's events are kept. Throws FORBIDDEN for a bound identity, BAD_USER_INPUT, NOT_FOUND. */
export async function setTenantRetention(
  core: AppContext,
  caller: Caller,
  tenantId: string,
  retentionDays: number,
): Promise<Tenant> {
  unboundOnly(caller.identity)
  checkTenantSlug(tenantId, 'tenantId')
  checkDays(retentionDays)
  await changePolicy(core, caller, { subject: 'EVENTS', tenantId }, retentionDays)
  return readTenant(core, tenantId)
}

/**
 * Removes a tenant's own policy, so that the default applies. Does nothing if the tenant has none. Throws like
 * setTenantRetention.
 */
export async function clearTenantRetention(core: AppContext, caller: Caller, tenantId: string): Promise<Tenant> {
  unboundOnly(caller.identity)
  checkTenantSlug(tenantId, 'tenantId')
  await changePolicy(core, caller, { subject: 'EVENTS', tenantId }, null)
  return readTenant(core, tenantId)
}

/**
 * Sets how long the rows of a subject are kept in the whole installation. For EVENTS this is the default of all
 * tenants. Null restores the value in the settings. Throws FORBIDDEN for a bound identity, BAD_USER_INPUT.
 */
export async function setRetention(
  core: AppContext,
  caller: Caller,
  subject: RetentionSubject,
  retentionDays: number | null,
): Promise<void> {
  unboundOnly(caller.identity)
  if (retentionDays !== null) checkDays(retentionDays)
  await changePolicy(core, caller, { subject, tenantId: '' }, retentionDays)
}

function checkDays(days: number): void {
  if (days < MIN_DAYS || days > MAX_DAYS)
    throw badInput('retentionDays', `is ${days}; expected ${MIN_DAYS} to ${MAX_DAYS} days`)
}

async function changePolicy(
  core: AppContext,
  caller: Caller,
  { subject, tenantId }: PolicyKey,
  days: number | null,
): Promise<void> {
  const isTenant = tenantId !== ''
  const action = days === null ? 'retention.clear' : 'retention.set'
  await auditedSql(core, caller, action, async (client) => {
    await lockForChange(client)
    if (isTenant) await checkTenantExists(client, tenantId)
    const before = await client.query<{ retentionDays: number }>(
      'SELECT retention_days AS "retentionDays" FROM retention_policies WHERE subject = $1 AND tenant_id = $2',
      [subject, tenantId],
    )
    if (days === null)
      await client.query('DELETE FROM retention_policies WHERE subject = $1 AND tenant_id = $2', [subject, tenantId])
    else await writePolicy(client, core, caller, { subject, tenantId }, days)
    return {
      result: undefined,
      target: isTenant ? { type: 'tenant', id: tenantId } : { type: 'retention', id: subject },
      tenantId: isTenant ? tenantId : null,
      before: before.rows[0] ?? null,
      after: days === null ? null : { retentionDays: days },
    }
  })
}

async function writePolicy(
  client: PoolClient,
  { clock }: Pick<AppContext, 'clock'>,
  { identity }: Caller,
  { subject, tenantId }: PolicyKey,
  days: number,
): Promise<void> {
  await client.query(
    `INSERT INTO retention_policies (subject, tenant_id, retention_days, created_at, updated_at, set_by_kind, set_by_id, set_by_name)
     VALUES ($1, $2, $3, $4, $4, $5, $6, $7)
     ON CONFLICT (subject, tenant_id) DO UPDATE SET retention_days = excluded.retention_days, updated_at = excluded.updated_at,
       set_by_kind = excluded.set_by_kind, set_by_id = excluded.set_by_id, set_by_name = excluded.set_by_name`,
    [subject, tenantId, days, new Date(clock()).toISOString(), identity.kind, identity.id, identity.name],
  )
}

/** Throws NOT_FOUND at `tenantId` if the tenant does not exist. */
export async function checkTenantExists(client: Pick<PoolClient, 'query'>, tenantId: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM tenants WHERE id = $1', [tenantId])
  if (!rowCount) throw unknownTenant(tenantId)
}

export async function readTenant({ db }: Pick<AppContext, 'db'>, id: string): Promise<Tenant> {
  const tenant = await db.prisma.tenant.findUnique({ where: { id } })
  if (!tenant) throw unknownTenant(id)
  return tenant
}

const unknownTenant = (id: string) =>
  new AppError('NOT_FOUND', `tenantId: there is no tenant ${id}`, { path: ['tenantId'] })
