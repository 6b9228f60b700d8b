import { type RateLimiter, rateLimited } from '../../access/rate-limiter.ts'
import type { AppError } from '../../kit/errors.ts'
import { groupBy } from '../../kit/group-by.ts'

/** Either an event may be published for this tenant (null: as a system event), or it is refused with an error. */
export type Admission = { tenantId: string | null } | { error: AppError }

/**
 * Applies the rate limits of the tenants. Each event takes one token of its tenant. If a tenant has too few tokens, its
 * first events get them, and the rest are refused with RATE_LIMITED. Redis is called once per tenant.
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
