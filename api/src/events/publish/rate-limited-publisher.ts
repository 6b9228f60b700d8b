import { type RateLimiter, rateLimited } from '../../access/rate-limiter.ts'
import { DEFAULT_TENANT, writeTenant } from '../../identity/tenant-scope.ts'
import { AppError } from '../../kit/errors.ts'
import type { Caller } from './event-input.ts'
import { MAX_BATCH, type Publisher, type PublishInput, type PublishOutcome } from './publish.ts'

/**
 * A publisher that keeps tenants to their limits: of a batch, the first events get what the budget of their tenant has left,
 * and each of the rest is refused with RATE_LIMITED. A batch asks once for each tenant in it; where no tenant has a limit, not
 * at all. What the system announces itself is not limited.
 */
export function rateLimitedPublisher(publisher: Publisher, budget: RateLimiter): Publisher {
  const publishWithin: Publisher['publish'] = async (caller, inputs, pathOf = (i) => ['input', String(i)]) => {
    const refused = new Map<number, AppError>()
    await Promise.all(
      [...byTenant(caller, inputs)].map(async ([tenantId, places]) => {
        const taken = await budget.take('publish', tenantId, places.length)
        for (const place of taken ? places.slice(taken.granted) : []) {
          const path = pathOf(place)
          const at = path.length > 0 ? { path } : {}
          refused.set(place, rateLimited('publish', tenantId, taken?.retryAfterMs ?? 0, at))
        }
      }),
    )
    if (refused.size === 0) return publisher.publish(caller, inputs, pathOf)
    const places = [...inputs.keys()].filter((place) => !refused.has(place))
    const admitted = places.map((place) => inputs[place]!)
    const stored = admitted.length > 0 ? await publisher.publish(caller, admitted, (i) => pathOf(places[i]!)) : []
    const outcomes: PublishOutcome[] = new Array(inputs.length)
    for (const [place, error] of refused) outcomes[place] = { error }
    for (const [i, outcome] of stored.entries()) outcomes[places[i]!] = outcome
    return outcomes
  }
  return {
    ...publisher,
    publish(caller, inputs, pathOf) {
      // More than MAX_BATCH are the publisher's to refuse.
      const isFree = !budget.isLimited('publish') || inputs.length > MAX_BATCH
      return isFree ? publisher.publish(caller, inputs, pathOf) : publishWithin(caller, inputs, pathOf)
    },
  }
}

/** Where the events of each tenant are. Those that the caller may not publish are nobody's: they are refused without. */
function byTenant({ identity }: Caller, inputs: readonly PublishInput[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const [place, { tenantId }] of inputs.entries()) {
    try {
      const tenant = writeTenant(identity, tenantId) ?? DEFAULT_TENANT
      const known = places.get(tenant)
      if (known) known.push(place)
      else places.set(tenant, [place])
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }
  return places
}
