import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { type Check, compileSchema } from '../schema/compile.ts'
import { EVENT_TYPE_COLUMNS, type EventTypeRow, eventTypeRow, type StoredEventType } from './event-type-row.ts'

/** A declared type. */
export interface DeclaredType extends EventTypeRow {
  /** A schema that is stored and not usable, by this version at least, finds nothing: events of the type are taken unchecked. */
  check: Check
}

/** The declared event types, cached per process: changed by registering, by a message from another process, or by age. */
export interface Catalogue {
  get(name: string): Promise<DeclaredType | undefined>
  all(): Promise<ReadonlyMap<string, DeclaredType>>
  /** System events of these types are shown and delivered to every tenant. */
  visibleTypes(): Promise<string[]>
  /** Forgets the cache here and in every other process. */
  changed(name: string): void
  close(): void
}

const MAX_AGE_MS = 5_000

export function createCatalogue(core: AppContext): Catalogue {
  let cached: Promise<ReadonlyMap<string, DeclaredType>> | undefined
  let loadedAt = 0
  // Schemas seldom change: kept by the row's name and time of change.
  const checks = new Map<string, { stamp: number; check: Check }>()

  const load = async () => {
    const rows = await core.db.query<StoredEventType>(`SELECT ${EVENT_TYPE_COLUMNS} FROM event_types ORDER BY name`)
    const types = new Map<string, DeclaredType>()
    for (const stored of rows) {
      const row = eventTypeRow(stored)
      const stamp = row.updatedAt.getTime()
      let known = checks.get(row.name)
      if (known?.stamp !== stamp) {
        known = { stamp, check: checkOf(core, row) }
        checks.set(row.name, known)
      }
      types.set(row.name, { ...row, check: known.check })
    }
    return types
  }
  const all = () => {
    if (!cached || core.clock() - loadedAt > MAX_AGE_MS) {
      loadedAt = core.clock()
      const loading = load()
      // While a reload is under way, or when it fails, the last known catalogue still serves.
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

/** Compiles with the first payload: most processes see events of few types, and one bad schema is its own type's matter. */
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
    core.log.error({ err: error, type }, 'the schema of an event type is not usable: its events are taken unchecked')
    return () => null
  }
}

/** What an event gets when neither it nor its type says how severe it is. */
export const UNDECLARED_SEVERITY: Severity = 'INFO'
