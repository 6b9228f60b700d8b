import type { Tenant } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { Env } from '../env.ts'
import { CHANNELS } from '../kit/pubsub.ts'

/** What a tenant's limits count: events published for the tenant, and requests of identities bound to the tenant. */
export type Limited = 'publish' | 'requests'

/** A rate per second, and the burst that is available after a pause. */
export interface Rate {
  perSecond: number
  burst: number
}

/** A tenant's own limits, as stored in its row. Null: the limit from the settings applies. 0 per second: no limit. */
export type OwnLimits = Pick<Tenant, 'publishPerSecond' | 'publishBurst' | 'requestsPerSecond' | 'requestsBurst'>

/** The limits of tenants, from this process's cache. */
export interface TenantLimits {
  /** Null: no limit. */
  of(tenantId: string, what: Limited): Rate | null
  /** Whether any tenant has a limit. */
  some(what: Limited): boolean
}

const COLUMNS = {
  publish: ['publishPerSecond', 'publishBurst', 'TENANT_PUBLISH_PER_SECOND', 'TENANT_PUBLISH_BURST'],
  requests: ['requestsPerSecond', 'requestsBurst', 'TENANT_REQUESTS_PER_SECOND', 'TENANT_REQUESTS_BURST'],
} as const

/** The limit that applies: the tenant's own, else that of the settings. Null means no limit. */
export function effectiveRate(env: Env, tenantLimits: OwnLimits | undefined, what: Limited): Rate | null {
  const [perSecond, burst, usual, usualBurst] = COLUMNS[what]
  const chosen = tenantLimits?.[perSecond] ?? null
  const rate = chosen ?? env[usual]
  if (rate === 0) return null
  // A burst belongs to the rate that it was set with, so the settings' burst is never combined with a tenant's own
  // rate.
  const atOnce = chosen === null ? env[usualBurst] : tenantLimits?.[burst]
  return { perSecond: rate, burst: atOnce ?? rate }
}

/** The cache is at most this old if a message about a change is lost. */
const MAX_AGE_MS = 30_000

const LOAD = `SELECT id, publish_per_second AS "publishPerSecond", publish_burst AS "publishBurst",
    requests_per_second AS "requestsPerSecond", requests_burst AS "requestsBurst"
  FROM tenants WHERE publish_per_second IS NOT NULL OR requests_per_second IS NOT NULL`

/**
 * Caches the tenants that have limits of their own. The cache is refreshed in the background, after a change and when
 * it is half a minute old. Until a refresh is complete the previous values apply; before the first load, those of the
 * settings.
 */
export function createTenantLimits({ env, db, pubsub, clock, log }: AppContext): TenantLimits {
  let limitsByTenant: ReadonlyMap<string, OwnLimits> = new Map()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null

  const read = async () => {
    readAt = clock()
    try {
      const rows = await db.query<OwnLimits & { id: string }>(LOAD, [], 'tenant_limits')
      limitsByTenant = new Map(rows.map((row) => [row.id, row]))
    } catch (error) {
      log.debug({ err: error }, 'the rate limits of tenants could not be read')
    }
  }
  const refresh = () => {
    // A load in progress may miss a change that is announced meanwhile, so another load follows.
    reading = (reading ?? Promise.resolve()).then(read)
  }
  pubsub.subscribe(CHANNELS.tenants, refresh)
  const current = () => {
    if (clock() - readAt > MAX_AGE_MS) {
      readAt = clock()
      refresh()
    }
    return limitsByTenant
  }
  const usual = {
    publish: effectiveRate(env, undefined, 'publish'),
    requests: effectiveRate(env, undefined, 'requests'),
  }

  return {
    of(tenantId, what) {
      const limits = current().get(tenantId)
      return limits ? effectiveRate(env, limits, what) : usual[what]
    },
    some: (what) => current().size > 0 || usual[what] !== null,
  }
}
