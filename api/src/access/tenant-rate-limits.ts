import type { Tenant } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { Env } from '../env.ts'
import { CHANNELS } from '../kit/pubsub.ts'

/** What of a tenant's is limited: events that are published for it, and requests by whoever is bound to it. */
export type Limited = 'publish' | 'requests'

/** So many a second, and so many at once after a while without any. */
export interface Rate {
  perSecond: number
  burst: number
}

/** A tenant's own limits, as its row has them: null where the settings decide, 0 a second for none. */
export type OwnLimits = Pick<Tenant, 'publishPerSecond' | 'publishBurst' | 'requestsPerSecond' | 'requestsBurst'>

/** The limits of tenants, known to this process without asking. */
export interface TenantLimits {
  /** Null: there is none. */
  of(tenantId: string, what: Limited): Rate | null
  /** Whether any tenant has one. */
  some(what: Limited): boolean
}

const COLUMNS = {
  publish: ['publishPerSecond', 'publishBurst', 'TENANT_PUBLISH_PER_SECOND', 'TENANT_PUBLISH_BURST'],
  requests: ['requestsPerSecond', 'requestsBurst', 'TENANT_REQUESTS_PER_SECOND', 'TENANT_REQUESTS_BURST'],
} as const

/** The limit that the settings and a tenant's own come to; null: none. */
export function effectiveRate(env: Env, own: OwnLimits | undefined, what: Limited): Rate | null {
  const [perSecond, burst, usual, usualBurst] = COLUMNS[what]
  const chosen = own?.[perSecond] ?? null
  const rate = chosen ?? env[usual]
  if (rate === 0) return null
  // A burst that was set for another rate says nothing about this one.
  const atOnce = chosen === null ? env[usualBurst] : own?.[burst]
  return { perSecond: rate, burst: atOnce ?? rate }
}

/** Of an announcement that was lost, so much later. */
const MAX_AGE_MS = 30_000

const LOAD = `SELECT id, publish_per_second AS "publishPerSecond", publish_burst AS "publishBurst",
    requests_per_second AS "requestsPerSecond", requests_burst AS "requestsBurst"
  FROM tenants WHERE publish_per_second IS NOT NULL OR requests_per_second IS NOT NULL`

/**
 * Tenants with limits of their own are kept in memory, and read again when one has changed, or after half a minute of being
 * asked. Nobody waits for that: until they are read the settings count, and while the database is away what was read.
 */
export function createTenantLimits({ env, db, pubsub, clock, log }: AppContext): TenantLimits {
  let own: ReadonlyMap<string, OwnLimits> = new Map()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null

  const read = async () => {
    readAt = clock()
    try {
      const rows = await db.query<OwnLimits & { id: string }>(LOAD, [], 'tenant_limits')
      own = new Map(rows.map((row) => [row.id, row]))
    } catch (error) {
      log.debug({ err: error }, 'the limits of tenants were not read')
    }
  }
  const refresh = () => {
    // Whoever announces a change while they are read may have come too late for that.
    reading = (reading ?? Promise.resolve()).then(read)
  }
  pubsub.subscribe(CHANNELS.tenants, refresh)
  const current = () => {
    if (clock() - readAt > MAX_AGE_MS) {
      readAt = clock()
      refresh()
    }
    return own
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
