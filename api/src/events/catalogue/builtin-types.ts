import type { Db } from '../../db/pool.ts'
import { BUILTIN_TYPES } from './builtin-definitions.ts'

export { BUILTIN_TYPES } from './builtin-definitions.ts'
export type { BuiltinType } from './builtin-type.ts'

/**
 * Declares the built-in types that are missing. What is declared already is let be, whatever an operator made of it. Safe to
 * run at every start and in several processes at once. Returns the names it declared.
 *
 * None of them is tenantVisible. A system event of these types speaks of the whole installation: names and addresses of
 * services, counts over all tenants, error texts that nobody has read for what they give away. A tenant's own events of
 * these types reach it anyway; an operator who wants to show the system's too says so with registerEventType.
 */
export async function ensureBuiltinTypes(db: Pick<Db, 'query'>): Promise<string[]> {
  const known = await db.query<{ name: string }>('SELECT name FROM event_types WHERE name = ANY ($1::text[])', [
    BUILTIN_TYPES.map(({ name }) => name),
  ])
  const names = new Set(known.map(({ name }) => name))
  const missing = BUILTIN_TYPES.filter(({ name }) => !names.has(name))
  // An insert of nothing would still start a new fan-out epoch, and have every process read its webhooks anew.
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
