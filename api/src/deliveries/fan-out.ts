import type { Severity } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import type { FanOut, NewDelivery } from '../events/publish/append-hooks.ts'
import type { Route } from '../events/publish/event-input.ts'
import { createSingleFlight } from '../kit/async/single-flight.ts'
import { compileGlobs } from '../kit/globs.ts'
import { newId } from '../kit/ids.ts'

interface Subscription {
  id: string
  tenantId: string | null
  url: string
  maxAttempts: number
  minSeverity: number
  takes: (type: string) => boolean
}

const RANK: Record<Severity, number> = { INFO: 0, WARNING: 1, ERROR: 2, CRITICAL: 3 }
/**
 * Maximum number of cache entries. It is reached only if publishers invent type names, and these are not worth caching.
 */
const MAX_REMEMBERED = 10_000

interface Row {
  epoch: string
  visible: string[] | null
  id: string | null
  tenant_id: string | null
  url: string
  event_types: string[]
  min_severity: Severity
  retries: number
}

/** One statement, so that the webhooks, the tenant-visible types and the epoch come from the same snapshot. */
const LOAD = `SELECT f.epoch, (SELECT array_agg(name) FROM event_types WHERE tenant_visible) AS visible,
    w.id, w.tenant_id, w.url, w.event_types, w.min_severity, coalesce(cardinality(w.retry_schedule), 0) AS retries
  FROM fanout_epoch f LEFT JOIN webhooks w ON w.deleted_at IS NULL AND w.state <> 'DISABLED' WHERE f.id = 1`

/**
 * Determines the webhooks that receive an event. A tenant's event goes to the webhooks of that tenant and to global
 * webhooks. A system event goes to global webhooks and, if its type is tenantVisible, to the webhooks of every tenant.
 * The result for each (tenant, type, severity) is cached until the epoch changes, so a webhook that does not match adds
 * no cost per event.
 */
export function createFanOut(core: AppContext): FanOut {
  let epoch: bigint | undefined
  let byTenant = new Map<string | null, Subscription[]>()
  let visible = new Set<string>()
  let remembered = new Map<string, Subscription[]>()

  const load = async () => {
    const rows = await core.db.query<Row>(LOAD, [], 'fanout_load')
    const first = rows[0]
    if (!first) throw new Error('fanout_epoch is empty')
    const fresh = new Map<string | null, Subscription[]>()
    for (const row of rows) {
      if (row.id === null) continue
      const subscriptions = fresh.get(row.tenant_id) ?? []
      fresh.set(row.tenant_id, subscriptions)
      subscriptions.push({
        id: row.id,
        tenantId: row.tenant_id,
        url: row.url,
        maxAttempts: row.retries + 1,
        minSeverity: RANK[row.min_severity],
        takes: compileGlobs(row.event_types),
      })
    }
    byTenant = fresh
    visible = new Set(first.visible ?? [])
    remembered = new Map()
    epoch = BigInt(first.epoch)
  }
  // Concurrent appends that find a stale epoch share one reload.
  const refresh = createSingleFlight(load).run

  const candidates = function* (tenantId: string | null, type: string): Iterable<Subscription> {
    yield* byTenant.get(null) ?? []
    if (tenantId !== null) yield* byTenant.get(tenantId) ?? []
    else if (visible.has(type)) for (const [tenant, webhooks] of byTenant) if (tenant !== null) yield* webhooks
  }
  const matching = (tenantId: string | null, type: string, severity: Severity): Subscription[] => {
    const key = `${tenantId ?? ''}\n${type}\n${severity}`
    let matches = remembered.get(key)
    if (!matches) {
      matches = [...candidates(tenantId, type)].filter(
        (webhook) => RANK[severity] >= webhook.minSeverity && webhook.takes(type),
      )
      if (remembered.size >= MAX_REMEMBERED) remembered.clear()
      remembered.set(key, matches)
    }
    return matches
  }

  /**
   * The webhooks that an alert rule names, regardless of their subscriptions. Only global webhooks and those of the
   * event's tenant are considered.
   */
  const chosen = (tenantId: string | null, webhookIds: NonNullable<Route['webhookIds']>): Subscription[] =>
    [...new Set([null, tenantId])]
      .flatMap((tenant) => byTenant.get(tenant) ?? [])
      .filter((webhook) => webhookIds.includes(webhook.id))

  return {
    async epoch() {
      if (epoch === undefined) await refresh()
      return epoch!
    },
    refresh,
    deliveriesOf({ tenantId, type, severity, route }) {
      const webhooks = route?.webhookIds
        ? chosen(tenantId, route.webhookIds)
        : matching(tenantId, type, route?.severity ?? severity)
      return webhooks.map(
        (webhook): NewDelivery => ({
          id: newId(),
          webhookId: webhook.id,
          tenantId: webhook.tenantId,
          targetUrl: webhook.url,
          maxAttempts: webhook.maxAttempts,
        }),
      )
    },
  }
}
