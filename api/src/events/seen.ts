import type { Core } from '../kit/core.ts'

/**
 * Writes down which types a tenant has published without their being declared, and which tenants there are. Beside the
 * way of an event, not on it: what fails here is noted again by the next event.
 */
export interface SeenTypes {
  note(tenantId: string | null, type: string, declared: ReadonlyMap<string, unknown>): void
  flush(): Promise<void>
}

/** Names per tenant and process: a producer that makes types up by the thousand stops being listed, not being served. */
const MAX_KNOWN = 10_000

export function createSeenTypes(core: Core): SeenTypes {
  const known = new Set<string>()
  let fresh: Array<{ tenantId: string; name: string | null }> = []
  let writing: Promise<void> | undefined

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
        core.log.warn({ err: error }, 'new event types were not written down')
        for (const entry of batch) known.delete(`${entry.tenantId}\n${entry.name ?? ''}`)
      }
    }
  }
  const add = (tenantId: string, name: string | null) => {
    const key = `${tenantId}\n${name ?? ''}`
    if (known.has(key) || known.size >= MAX_KNOWN) return
    known.add(key)
    fresh.push({ tenantId, name })
    writing ??= write().finally(() => {
      writing = undefined
    })
  }

  return {
    note(tenantId, type, declared) {
      add(tenantId ?? '', null)
      if (!declared.has(type)) add(tenantId ?? '', type)
    },
    flush: async () => writing,
  }
}
