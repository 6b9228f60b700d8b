import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { createLoader } from '../graphql/loader.ts'
import { checkTenantSlug, unboundOnly } from '../identity/tenant-scope.ts'
import { createBatcher } from '../kit/async/batch.ts'
import { badInput, notFound } from '../kit/errors.ts'

/** Maximum number of requests that share a statement. */
const MAX_BATCH = 500

/** The providers that each tenant is restricted to. */
export interface TenantProviders {
  /** The providers that all of these tenants allow; null if none of the tenants is restricted. */
  of(tenantIds: readonly string[]): Promise<ReadonlySet<string> | null>
}

/** Concurrent requests share one statement, and so one connection. */
export function createTenantProviders({ db }: Pick<AppContext, 'db'>): TenantProviders {
  const read = createBatcher<readonly string[], ReadonlyMap<string, readonly string[]>>({
    max: MAX_BATCH,
    lanes: 1,
    async run(requests) {
      const rows = await db.query<{ tenantId: string; providers: string[] }>(
        'SELECT tenant_id AS "tenantId", providers FROM ai_tenant_providers WHERE tenant_id = ANY ($1::text[])',
        [[...new Set(requests.flat())]],
        'ai_tenant_providers',
      )
      const byTenant = new Map(rows.map(({ tenantId, providers }) => [tenantId, providers]))
      return requests.map(() => byTenant)
    },
  })
  return {
    async of(tenantIds) {
      const byTenant = await read(tenantIds)
      const [first, ...others] = tenantIds.flatMap((id) => {
        const providers = byTenant.get(id)
        return providers ? [new Set(providers)] : []
      })
      if (!first) return null
      return new Set([...first].filter((name) => others.every((allowed) => allowed.has(name))))
    },
  }
}

/** The providers that each restricted tenant allows. Unrestricted tenants are missing. */
export const tenantProvidersLoader = createLoader<string[]>(async (tenantIds, { core }) => {
  const rows = await core.db.prisma.aiTenantProviders.findMany({ where: { tenantId: { in: [...tenantIds] } } })
  return new Map(rows.map(({ tenantId, providers }) => [tenantId, providers]))
})

/**
 * Restricts a tenant's later requests to some providers; null lifts the restriction. Requires an ADMIN without a
 * tenant. Throws FORBIDDEN, BAD_USER_INPUT for an unknown provider, NOT_FOUND.
 */
export async function setTenantProviders(
  core: AppContext,
  registered: readonly string[],
  caller: Caller,
  tenantId: string,
  providers: readonly string[] | null,
) {
  unboundOnly(caller.identity)
  checkTenantSlug(tenantId, 'tenantId')
  const chosen = providers === null ? null : [...new Set(providers)]
  if (chosen?.length === 0) throw badInput('providers', 'is empty; expected at least one provider, or null for all')
  const unknown = chosen?.find((name) => !registered.includes(name))
  if (unknown !== undefined)
    throw badInput(
      'providers',
      `${JSON.stringify(unknown.slice(0, 60))} is not a provider; expected ${registered.join(', ')}`,
    )

  return audited(core, caller, 'tenant.setAiProviders', async (tx) => {
    const tenant = await tx.tenant.findUnique({ where: { id: tenantId } })
    if (!tenant) throw notFound('tenant', tenantId)
    const before = await tx.aiTenantProviders.findUnique({ where: { tenantId } })
    if (chosen === null) await tx.aiTenantProviders.deleteMany({ where: { tenantId } })
    else
      await tx.aiTenantProviders.upsert({
        where: { tenantId },
        create: { tenantId, providers: chosen },
        update: { providers: chosen },
      })
    return {
      result: tenant,
      target: { type: 'tenant', id: tenantId },
      tenantId,
      before: { aiProviders: before?.providers ?? null },
      after: { aiProviders: chosen },
    }
  })
}
