import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { EventType } from '../../../prisma/generated/client/client.ts'
import type { Severity } from '../../../prisma/generated/client/enums.ts'
import type { Core } from '../kit/core.ts'
import { badInput, type InputIssue } from '../kit/errors.ts'
import { CHANNELS } from '../kit/pubsub.ts'

/** A declared type, with its schema compiled. */
export interface DeclaredType extends EventType {
  /** What is wrong with a payload, relative to it; null when it is in order. */
  check(payload: unknown): InputIssue[] | null
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
const MAX_SCHEMA_BYTES = 64 * 1024
/** Keywords it does not know are annotations, as the specification asks. */
const OPTIONS = { strict: false, addUsedSchema: false }

export function createCatalogue(core: Core): Catalogue {
  let cached: Promise<ReadonlyMap<string, DeclaredType>> | undefined
  let loadedAt = 0
  // Compiling is dear and schemas seldom change: kept by the row's name and time of change.
  const compiled = new Map<string, { stamp: number; check: DeclaredType['check'] }>()

  const load = async () => {
    const rows = await core.db.prisma.eventType.findMany({ orderBy: { name: 'asc' } })
    const types = new Map<string, DeclaredType>()
    for (const row of rows) {
      const stamp = row.updatedAt.getTime()
      let known = compiled.get(row.name)
      if (known?.stamp !== stamp) {
        known = { stamp, check: row.schema === null ? () => null : checker(compileSchema(row.schema, 'schema')) }
        compiled.set(row.name, known)
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
      core.pubsub.publish(CHANNELS.eventTypes, name)
    },
    close: unsubscribe,
  }
}

/** Compiles a JSON Schema (draft-07, or 2020-12 when `$schema` says so). Throws BAD_USER_INPUT at `path`. */
export function compileSchema(schema: unknown, path: string | readonly string[]): ValidateFunction {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw badInput(path, 'takes a JSON Schema object')
  if (JSON.stringify(schema).length > MAX_SCHEMA_BYTES)
    throw badInput(path, `is larger than ${MAX_SCHEMA_BYTES / 1024} KiB`)
  const draft2020 = '$schema' in schema && String(schema.$schema).includes('2020-12')
  const ajv = draft2020 ? ajvOf2020() : ajvOf7()
  try {
    return ajv.compile(schema)
  } catch (error) {
    throw badInput(path, `is not a usable JSON Schema: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    // The compiled function stands by itself; the instance would keep the schema for good.
    ajv.removeSchema(schema)
  }
}

/** One for all schemas of a draft: each compiles its meta-schema once. It knows none of the others by their `$id`. */
const ajvOf7 = once(() => addFormats.default(new Ajv(OPTIONS)))
const ajvOf2020 = once(() => addFormats.default(new Ajv2020(OPTIONS)))

function once<Value>(make: () => Value): () => Value {
  let value: Value | undefined
  return () => {
    value ??= make()
    return value
  }
}

const checker = (validate: ValidateFunction) => (payload: unknown) =>
  validate(payload) ? null : (validate.errors ?? []).map(issueOf)

function issueOf(error: ErrorObject): InputIssue {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  return { path, message: error.message ?? 'does not meet the schema' }
}

/** What an event gets when neither it nor its type says how severe it is. */
export const UNDECLARED_SEVERITY: Severity = 'INFO'
