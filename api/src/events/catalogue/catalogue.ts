import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { type Check, compileSchema } from '../schema/compile.ts'
import { EVENT_TYPE_COLUMNS, type EventTypeRow, eventTypeRow, type StoredEventType } from './event-type-row.ts'

/** A declared event type. */
export interface DeclaredType extends EventTypeRow {
  /** Validates a payload. If this version cannot compile the stored schema, every payload is valid. */
  check: Check
}

/**
 * The declared event types, cached per process. The cache is reloaded after a type is registered in this process or in
 * another one, and when it is too old.
 */
export interface Catalogue {
  get(name: string): Promise<DeclaredType | undefined>
  all(): Promise<ReadonlyMap<string, DeclaredType>>
  /** Names of the types whose system events are shown and delivered to every tenant. */
  visibleTypes(): Promise<string[]>
  /** Invalidates the cache in this process and in all others. */
  changed(name: string): void
  close(): void
}

const MAX_AGE_MS = 5_000

export function createCatalogue(core: AppContext): Catalogue {
  let cached: Promise<ReadonlyMap<string, DeclaredType>> | undefined
  let loadedAt = 0
  // Schemas rarely change, so the compiled checks are cached by type name and update time.
  const checks = new Map<string, { stamp: number; check: Check }>()

  const load = async () => {
    const rows = await core.db.query<StoredEventType>(`SELECT ${EVENT_TYPE_COLUMNS} FROM event_types ORDER BY name`)
    const types = new Map<string, DeclaredType>()
    for (const stored of rows) {
      const row = eventTypeRow(stored)
      const stamp = row.updatedAt.getTime()
      let entry = checks.get(row.name)
      if (entry?.stamp !== stamp) {
        entry = { stamp, check: checkOf(core, row) }
        checks.set(row.name, entry)
      }
      types.set(row.name, { ...row, check: entry.check })
    }
    return types
  }
  const all = () => {
    if (!cached || core.clock() - loadedAt > MAX_AGE_MS) {
      loadedAt = core.clock()
      const loading = load()
      // While a reload runs, and after a reload has failed, the previous catalogue is used.
      const before = cached
      cached = before ? loading.catch(() => before) : loading
      loading.catch(() => {
        if (!before) cached = undefined
      })
    }
    return cached
  }
  const forget = () => {
    loadedAt = 0
    cached = undefined
  }
  const unsubscribe = core.pubsub.subscribe(CHANNELS.eventTypes, forget)

  return {
    all,
    get: async (name) => (await all()).get(name),
    visibleTypes: async () => [...(await all()).values()].filter((type) => type.tenantVisible).map((type) => type.name),
    changed(name) {
      forget()
      void core.pubsub.publish(CHANNELS.eventTypes, name)
    },
    close: unsubscribe,
  }
}

/**
 * Returns a check that compiles the schema when the first payload arrives. Most processes see only a few types, and an
 * invalid schema must not affect other types.
 */
function checkOf(core: AppContext, { name, schema }: EventTypeRow): Check {
  if (schema === null) return () => null
  let check: Check | undefined
  return (payload) => {
    check ??= compiled(core, name, schema.value)
    return check(payload)
  }
}

function compiled(core: AppContext, type: string, schema: unknown): Check {
  try {
    return compileSchema(schema, 'schema')
  } catch (error) {
    core.log.error(
      { err: error, type },
      'the schema of an event type is not usable; its events are accepted without validation',
    )
    return () => null
  }
}

/** The severity of an event if neither the event nor its type has one. */
export const UNDECLARED_SEVERITY: Severity = 'INFO'
