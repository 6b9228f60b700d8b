import type { Tenant } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { AuditSnapshot, Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { checkTenantSlug, unboundOnly } from '../../identity/tenant-scope.ts'
import { badInput, badInputs, type InputIssue, notFound } from '../../kit/errors.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { checkName } from '../check-name.ts'

/** Absent fields stay unchanged. If a limit is null, the installation's limit applies; 0 per second means no limit. */
export interface UpdateTenantInput {
  name?: string | null
  publishLimit?: RateLimitInput | null
  requestLimit?: RateLimitInput | null
}

export interface RateLimitInput {
  perSecond: number
  burst?: number | null
}

const MAX_RATE = 1_000_000
const MAX_BURST = 10_000_000

/**
 * Changes a tenant. A process applies new limits as soon as it receives the message about the change. Throws FORBIDDEN
 * for a bound identity, BAD_USER_INPUT, NOT_FOUND.
 */
export async function updateTenant(
  core: AppContext,
  caller: Caller,
  id: string,
  input: UpdateTenantInput,
): Promise<Tenant> {
  unboundOnly(caller.identity)
  checkTenantSlug(id, 'id')
  const { name, publishLimit, requestLimit } = input
  const issues: InputIssue[] = []
  if (name === null) throw badInput('input.name', 'is null; expected 1 to 100 characters, or no value')
  if (name !== undefined) checkName(name, ['input', 'name'], issues)
  checkLimit(publishLimit, ['input', 'publishLimit'], issues)
  checkLimit(requestLimit, ['input', 'requestLimit'], issues)
  if (issues.length > 0) throw badInputs(issues)

  const data = {
    ...(name !== undefined && { name }),
    ...(publishLimit !== undefined && {
      publishPerSecond: publishLimit?.perSecond ?? null,
      publishBurst: publishLimit?.burst ?? null,
    }),
    ...(requestLimit !== undefined && {
      requestsPerSecond: requestLimit?.perSecond ?? null,
      requestsBurst: requestLimit?.burst ?? null,
    }),
  }
  const tenant = await audited(core, caller, 'tenant.update', async (tx) => {
    const before = await tx.tenant.findUnique({ where: { id } })
    if (!before) throw notFound('tenant', id)
    const after = await tx.tenant.update({ where: { id }, data })
    const target = { type: 'tenant', id }
    return { result: after, target, tenantId: id, before: shownTenant(before), after: shownTenant(after) }
  })
  void core.pubsub.publish(CHANNELS.tenants, id)
  return tenant
}

function checkLimit(limit: RateLimitInput | null | undefined, path: string[], issues: InputIssue[]): void {
  if (!limit) return
  const { perSecond, burst } = limit
  if (perSecond < 0 || perSecond > MAX_RATE)
    issues.push({ path: [...path, 'perSecond'], message: `is ${perSecond}; expected 0 to ${MAX_RATE}` })
  if (burst != null && (burst < 1 || burst > MAX_BURST))
    issues.push({ path: [...path, 'burst'], message: `is ${burst}; expected 1 to ${MAX_BURST}` })
}

const shownTenant = (tenant: Tenant): AuditSnapshot => ({
  name: tenant.name,
  publishLimit: shownLimit(tenant.publishPerSecond, tenant.publishBurst),
  requestLimit: shownLimit(tenant.requestsPerSecond, tenant.requestsBurst),
})

const shownLimit = (perSecond: number | null, burst: number | null) =>
  perSecond === null ? null : { perSecond, burst }
