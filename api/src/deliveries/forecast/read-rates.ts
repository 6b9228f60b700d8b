import type { AppContext } from '../../app-context.ts'
import type { LearnedRates, Rate } from './rates.ts'

/** Rates are learned from the results of this many days. A result that is HALF_LIFE_DAYS old counts half. */
const LEARNED_DAYS = 14
const HALF_LIFE_DAYS = 3
const DAY_MS = 86_400_000
/** How long a process caches the rates of a tenant. Rates change slowly, by a few observations per minute. */
const CACHED_MS = 30_000

interface TenantRates {
  tenant: ReadonlyMap<string, Rate>
  byWebhook: ReadonlyMap<string, ReadonlyMap<string, Rate>>
}

interface Cached {
  until: number
  rates: Promise<TenantRates>
}

const caches = new WeakMap<AppContext, Map<string | null, Cached>>()
const NONE: ReadonlyMap<string, Rate> = new Map()

/**
 * Reads the success rates that were learned from the attempts of a tenant's webhooks (null: global webhooks). Returns a
 * function that gives the rates for a webhook id.
 */
export async function readRates(
  core: AppContext,
  tenantId: string | null,
): Promise<(webhookId: string) => LearnedRates> {
  const cache = caches.get(core) ?? new Map<string | null, Cached>()
  caches.set(core, cache)
  const now = core.clock()
  let cached = cache.get(tenantId)
  if (!cached || cached.until <= now) {
    cached = { until: now + CACHED_MS, rates: readTenant(core, tenantId, now) }
    cache.set(tenantId, cached)
    cached.rates.catch(() => cache.delete(tenantId))
  }
  const { tenant, byWebhook } = await cached.rates
  return (webhookId) => ({ tenant, webhook: byWebhook.get(webhookId) ?? NONE })
}

async function readTenant(core: AppContext, tenantId: string | null, now: number): Promise<TenantRates> {
  const today = Math.floor(now / DAY_MS)
  const rows = await core.db.query<Rate & { webhookId: string; situation: string }>(
    `SELECT r.webhook_id AS "webhookId", r.situation, sum(r.tried * weight) AS tried, sum(r.arrived * weight) AS arrived
     FROM retry_rates r JOIN webhooks w ON w.id = r.webhook_id AND w.tenant_id IS NOT DISTINCT FROM $1
     CROSS JOIN LATERAL (SELECT power(0.5, ($2 - r.day)::float8 / ${HALF_LIFE_DAYS}) AS weight) AS x
     WHERE r.day > $2 - ${LEARNED_DAYS} GROUP BY 1, 2`,
    [tenantId, today],
  )
  const tenant = new Map<string, Rate>()
  const byWebhook = new Map<string, Map<string, Rate>>()
  for (const { webhookId, situation, tried, arrived } of rows) {
    const webhookRates = byWebhook.get(webhookId) ?? new Map<string, Rate>()
    byWebhook.set(webhookId, webhookRates.set(situation, { tried, arrived }))
    const sum = tenant.get(situation) ?? { tried: 0, arrived: 0 }
    tenant.set(situation, { tried: sum.tried + tried, arrived: sum.arrived + arrived })
  }
  return { tenant, byWebhook }
}

/** Deletes rates that are too old to be used. */
export async function pruneRates(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM retry_rates WHERE day <= $1', [Math.floor(core.clock() / DAY_MS) - LEARNED_DAYS])
}
