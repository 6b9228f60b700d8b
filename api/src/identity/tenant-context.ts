import { LRUCache } from 'lru-cache'
import type { AppContext } from '../app-context.ts'
import { limitConcurrency } from '../db/limited-pool.ts'
import { createSemaphore } from '../kit/async/semaphore.ts'
import { AppError } from '../kit/errors.ts'
import type { Identity } from './identity.ts'

/** How long a statement may queue. It may wait equally long for a connection of the pool. */
const WAIT_MS = 10_000
/** Maximum number of tenants whose semaphores are cached. */
const MAX_TENANTS = 10_000

type WithDb = Pick<AppContext, 'db' | 'env'>

const cores = new WeakMap<WithDb, LRUCache<string, WithDb>>()

/**
 * The application context for an identity. The statements of one tenant use at most half of the database connections at
 * a time; further statements queue. So a tenant that sends too much at once delays itself, and delays others only by
 * the load on the database. Rejects with RATE_LIMITED after too long a wait. Unbound identities, and those narrowed to
 * a tenant by X-Tenant-ID, may use all connections.
 *
 * Two kinds of statements serve several tenants at once and are not limited here: publishing, which combines the events
 * of many callers in one statement, and the reader of the feed.
 */
export function tenantContext<C extends WithDb>(core: C, { tenantId, narrowed }: Identity): C {
  if (tenantId === null || narrowed) return core
  let ofTenants = cores.get(core)
  if (!ofTenants) {
    ofTenants = new LRUCache({ max: MAX_TENANTS })
    cores.set(core, ofTenants)
  }
  let tenantCore = ofTenants.get(tenantId)
  if (!tenantCore) {
    const places = Math.max(1, Math.floor(core.env.DATABASE_POOL / 2))
    const waitMs = Math.min(WAIT_MS, core.env.OPERATION_TIMEOUT_MS)
    tenantCore = {
      ...core,
      db: limitConcurrency(core.db, createSemaphore({ places, waitMs, late: () => tooMuch(tenantId) })),
    }
    ofTenants.set(tenantId, tenantCore)
  }
  return tenantCore as C
}

const tooMuch = (tenantId: string) =>
  new AppError(
    'RATE_LIMITED',
    `tenant ${tenantId} has too many concurrent database statements; request less, or send requests one after the other`,
  )
