import type { Db } from '../../db/pool.ts'
import { BUILTIN_TYPES } from './builtin-definitions.ts'

export { BUILTIN_TYPES } from './builtin-definitions.ts'
export type { BuiltinType } from './builtin-type.ts'

/**
 * Declares the built-in types that do not exist yet and returns their names. Existing declarations do not change,
 * because an operator may have edited them. May run at every start and in several processes at once.
 *
 * No built-in type is tenantVisible, because its system events describe the whole installation: service names and
 * addresses, counts over all tenants, error texts that nobody has reviewed. A tenant always sees its own events of
 * these types. An operator can make system events visible to all tenants with registerEventType.
 */
export async function ensureBuiltinTypes(db: Pick<Db, 'query'>): Promise<string[]> {
  const registered = await db.query<{ name: string }>('SELECT name FROM event_types WHERE name = ANY ($1::text[])', [
    BUILTIN_TYPES.map(({ name }) => name),
  ])
  const names = new Set(registered.map(({ name }) => name))
  const missing = BUILTIN_TYPES.filter(({ name }) => !names.has(name))
  // Even an INSERT without rows would increment the fan-out epoch, and every process would reload its webhooks.
  if (missing.length === 0) return []
  const declared = await db.query<{ name: string }>(
    `INSERT INTO event_types (name, description, default_severity, schema, example, deprecated, updated_at)
     SELECT t.name, t.description, t.severity::"Severity", t.schema::json, t.example::json, t.deprecated, now()
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[]) AS t(name, description, severity, schema, example, deprecated)
     ON CONFLICT (name) DO NOTHING RETURNING name`,
    [
      missing.map(({ name }) => name),
      missing.map(({ description }) => description),
      missing.map(({ defaultSeverity }) => defaultSeverity),
      missing.map(({ schema }) => JSON.stringify(schema)),
      missing.map(({ example }) => JSON.stringify(example)),
      missing.map(({ deprecatedFor }) => deprecatedFor !== undefined),
    ],
  )
  return declared.map(({ name }) => name)
}
