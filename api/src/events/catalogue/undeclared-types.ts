import type { AppContext } from '../../app-context.ts'
import { createSingleFlight } from '../../kit/async/single-flight.ts'

/**
 * Records the undeclared types that each tenant publishes, and the tenants themselves. A publish does not wait for
 * this. If the write fails, the next event of the tenant repeats it.
 */
export interface UndeclaredTypes {
  note(tenantId: string | null, type: string, declared: ReadonlyMap<string, unknown>): void
  flush(): Promise<void>
}

/**
 * Maximum number of names that a process records per tenant. If a producer uses more names, its events are still
 * accepted, but new names are not listed.
 */
const MAX_NAMES = 10_000
/** Maximum number of tenants in memory. If the oldest one is removed and recorded again, nothing changes. */
const MAX_TENANTS = 1_000

export function createUndeclaredTypes(core: Pick<AppContext, 'db' | 'log'>): UndeclaredTypes {
  /** Recorded names by tenant, sorted by when the tenant was added. The key of system events is ''. */
  const namesByTenant = new Map<string, Set<string>>()
  let fresh: Array<{ tenantId: string; name: string | null }> = []

  const write = async () => {
    while (fresh.length > 0) {
      const batch = fresh
      fresh = []
      const tenants = [...new Set(batch.map((entry) => entry.tenantId).filter(Boolean))]
      const types = batch.filter((entry) => entry.name !== null)
      try {
        await core.db.query(
          'INSERT INTO tenants (id, name, updated_at) SELECT t, t, now() FROM unnest($1::text[]) t ON CONFLICT DO NOTHING',
          [tenants],
        )
        await core.db.query(
          `INSERT INTO seen_event_types (tenant_id, name) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
          [types.map((entry) => entry.tenantId), types.map((entry) => entry.name)],
        )
      } catch (error) {
        core.log.warn({ err: error }, 'new event types could not be recorded')
        for (const { tenantId } of batch) namesByTenant.delete(tenantId)
      }
    }
  }
  const writes = createSingleFlight(write)
  const writeDown = (tenantId: string, name: string | null) => {
    fresh.push({ tenantId, name })
    void writes.run()
  }
  const namesOf = (tenantId: string): Set<string> => {
    let names = namesByTenant.get(tenantId)
    if (names) return names
    for (const oldest of namesByTenant.keys()) {
      if (namesByTenant.size < MAX_TENANTS) break
      namesByTenant.delete(oldest)
    }
    names = new Set()
    namesByTenant.set(tenantId, names)
    writeDown(tenantId, null)
    return names
  }

  return {
    note(tenantId, type, declared) {
      const tenantKey = tenantId ?? ''
      const names = namesOf(tenantKey)
      if (declared.has(type) || names.has(type) || names.size >= MAX_NAMES) return
      names.add(type)
      writeDown(tenantKey, type)
    },
    flush: async () => writes.current,
  }
}
