import { type RateLimiter, rateLimited } from '../../access/rate-limiter.ts'
import type { AppError } from '../../kit/errors.ts'

/** Whether an event may be published, and for which tenant; a null tenant makes it a system event. */
export type Admission = { tenantId: string | null } | { error: AppError }

/**
 * Takes a token from the bucket of its tenant for each event that may be published. The first events of a tenant get
 * the tokens that are left; the rest are refused with RATE_LIMITED. Redis is asked once for each tenant with a limit.
 */
export async function withinRates(
  rateLimiter: RateLimiter,
  tenants: readonly ({ tenantId: string } | { error: AppError })[],
): Promise<readonly Admission[]> {
  if (!rateLimiter.isLimited('publish')) return tenants
  const admissions: Admission[] = [...tenants]
  await Promise.all(
    [...indexesByTenant(tenants)].map(async ([tenantId, indexes]) => {
      const taken = await rateLimiter.take('publish', tenantId, indexes.length)
      for (const index of taken ? indexes.slice(taken.granted) : [])
        admissions[index] = { error: rateLimited('publish', tenantId, taken?.retryAfterMs ?? 0) }
    }),
  )
  return admissions
}

function indexesByTenant(tenants: readonly ({ tenantId: string } | { error: AppError })[]): Map<string, number[]> {
  const indexes = new Map<string, number[]>()
  for (const [index, tenant] of tenants.entries()) {
    if ('error' in tenant) continue
    const ofTenant = indexes.get(tenant.tenantId)
    if (ofTenant) ofTenant.push(index)
    else indexes.set(tenant.tenantId, [index])
  }
  return indexes
}
