import { type RateLimiter, rateLimited } from '../../access/rate-limiter.ts'
import type { AppError } from '../../kit/errors.ts'
import { groupBy } from '../../kit/group-by.ts'

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
  const requested = tenants.flatMap((tenant, index) =>
    'error' in tenant ? [] : [{ tenantId: tenant.tenantId, index }],
  )
  await Promise.all(
    [...groupBy(requested, ({ tenantId }) => tenantId)].map(async ([tenantId, events]) => {
      const taken = await rateLimiter.take('publish', tenantId, events.length)
      for (const { index } of taken ? events.slice(taken.granted) : [])
        admissions[index] = { error: rateLimited('publish', tenantId, taken?.retryAfterMs ?? 0) }
    }),
  )
  return admissions
}
