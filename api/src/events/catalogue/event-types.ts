import type { PoolClient } from 'pg'
import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { AuditSnapshot, Caller } from '../../audit/entry.ts'
import { auditedSql } from '../../audit/record.ts'
import type { Identity } from '../../identity/identity.ts'
import { badInput, badInputs, forbidden, notFound } from '../../kit/errors.ts'
import type { JsonText } from '../../kit/json/json-text.ts'
import { readPayload } from '../publish/payload.ts'
import { compileSchema } from '../schema/compile.ts'
import { type Catalogue, UNDECLARED_SEVERITY } from './catalogue.ts'
import { EVENT_TYPE_COLUMNS, type EventTypeRow, eventTypeRow, type StoredEventType } from './event-type-row.ts'

/** An event type. If it has been published but never declared, `declared` is false and `version` is 0. */
export interface EventTypeView {
  name: string
  description: string
  defaultSeverity: Severity
  schema: JsonText | null
  tenantVisible: boolean
  version: number
  deprecated: boolean
  example: JsonText | null
  declared: boolean
}

export interface RegisterEventTypeInput {
  name: string
  description: string
  defaultSeverity?: Severity | null
  schema?: JsonText | null
  tenantVisible?: boolean | null
  example?: JsonText | null
}

/** Maximum number of undeclared types that a list contains. */
export const MAX_UNDECLARED = 1_000
const MAX_NAME = 255
const MAX_DESCRIPTION = 2_000

const declared = ({
  name,
  description,
  defaultSeverity,
  schema,
  tenantVisible,
  version,
  deprecated,
  example,
}: EventTypeRow) => ({
  name,
  description,
  defaultSeverity,
  schema,
  tenantVisible,
  version,
  deprecated,
  example,
  declared: true,
})

const undeclared = (name: string): EventTypeView => ({
  name,
  description: 'Published but never declared.',
  defaultSeverity: UNDECLARED_SEVERITY,
  schema: null,
  tenantVisible: false,
  version: 0,
  deprecated: false,
  example: null,
  declared: false,
})

/**
 * All declared types, and the undeclared types that were published in a tenant visible to the identity. Sorted by name.
 */
export async function listEventTypes(
  core: AppContext,
  catalogue: Catalogue,
  identity: Identity,
): Promise<EventTypeView[]> {
  const types = await catalogue.all()
  const seen = await core.db.query<{ name: string }>(
    `SELECT DISTINCT name FROM seen_event_types WHERE ($1::text IS NULL OR tenant_id = $1) AND name <> ALL($2::text[])
     ORDER BY name LIMIT $3`,
    [identity.tenantId, [...types.keys()], MAX_UNDECLARED],
  )
  const all = [...[...types.values()].map(declared), ...seen.map(({ name }) => undeclared(name))]
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Finds a type by name. Null if the type is not declared and was not published in a tenant visible to the identity. */
export async function findEventType(
  core: AppContext,
  catalogue: Catalogue,
  identity: Identity,
  name: string,
): Promise<EventTypeView | null> {
  const type = await catalogue.get(name)
  if (type) return declared(type)
  if (name.includes('\0')) return null
  const [seen] = await core.db.query<{ name: string }>(
    'SELECT name FROM seen_event_types WHERE name = $1 AND ($2::text IS NULL OR tenant_id = $2) LIMIT 1',
    [name, identity.tenantId],
  )
  return seen ? undeclared(seen.name) : null
}

const REGISTER = `INSERT INTO event_types AS t (name, description, default_severity, schema, tenant_visible, example, updated_at)
  VALUES ($1, $2, $3::"Severity", $4::json, $5, $6::json, now())
  ON CONFLICT (name) DO UPDATE SET description = excluded.description, default_severity = excluded.default_severity,
    schema = excluded.schema, tenant_visible = excluded.tenant_visible, example = excluded.example,
    deprecated = false, version = t.version + 1, updated_at = now()
  WHERE (t.description, t.default_severity, t.schema::text, t.tenant_visible, t.example::text, t.deprecated)
    IS DISTINCT FROM (excluded.description, excluded.default_severity, excluded.schema::text, excluded.tenant_visible, excluded.example::text, false)`

/**
 * Declares a type or changes its declaration. A change increments the version; an identical declaration changes
 * nothing. A deprecated type becomes active again. Event types belong to no tenant, so an identity of a tenant gets
 * FORBIDDEN. Throws BAD_USER_INPUT for an invalid input, for example if the example violates the schema.
 */
export async function registerEventType(
  core: AppContext,
  catalogue: Catalogue,
  caller: Caller,
  input: RegisterEventTypeInput,
): Promise<{ eventType: EventTypeView; created: boolean }> {
  checkUnbound(caller.identity)
  checkInput(input)
  const values = [
    input.name,
    input.description,
    input.defaultSeverity ?? UNDECLARED_SEVERITY,
    input.schema?.text ?? null,
    input.tenantVisible ?? false,
    input.example?.text ?? null,
  ]
  const registered = await auditedSql(core, caller, 'eventType.register', async (client) => {
    // Two processes may declare the same new type at the same time. There is no row to lock yet, so an advisory lock is
    // used.
    await client.query("SELECT pg_advisory_xact_lock(hashtext('aetherlink.event_type.' || $1))", [input.name])
    const before = await lockType(client, input.name)
    await client.query(REGISTER, values)
    const after = await lockType(client, input.name)
    if (!after) throw new Error(`event type ${input.name} does not exist after its registration`)
    return { result: { eventType: declared(after), created: before === null }, ...entryOf(before, after) }
  })
  catalogue.changed(input.name)
  return registered
}

const DEPRECATE =
  'UPDATE event_types SET deprecated = true, version = version + 1, updated_at = now() WHERE name = $1 AND NOT deprecated'

async function lockType(client: PoolClient, name: string): Promise<EventTypeRow | null> {
  const { rows } = await client.query<StoredEventType>(
    `SELECT ${EVENT_TYPE_COLUMNS} FROM event_types WHERE name = $1 FOR UPDATE`,
    [name],
  )
  return rows[0] ? eventTypeRow(rows[0]) : null
}

/** Marks a type as deprecated. Its events are still accepted. Throws NOT_FOUND. */
export async function deprecateEventType(
  core: AppContext,
  catalogue: Catalogue,
  caller: Caller,
  name: string,
): Promise<EventTypeView> {
  checkUnbound(caller.identity)
  const unknown = () => notFound('declared event type', JSON.stringify(name.slice(0, 100)))
  if (name.includes('\0')) throw unknown()
  const deprecated = await auditedSql(core, caller, 'eventType.deprecate', async (client) => {
    const before = await lockType(client, name)
    if (!before) throw unknown()
    await client.query(DEPRECATE, [name])
    const after = (await lockType(client, name)) ?? before
    return { result: declared(after), ...entryOf(before, after) }
  })
  catalogue.changed(name)
  return deprecated
}

/** The audit entry of a change. It omits the example, which may be a real payload, and contains the schema as text. */
const entryOf = (before: EventTypeRow | null, after: EventTypeRow) => ({
  target: { type: 'eventType', id: after.name },
  tenantId: null,
  before: before && shownType(before),
  after: shownType(after),
})

const shownType = ({
  description,
  defaultSeverity,
  schema,
  tenantVisible,
  version,
  deprecated,
}: EventTypeRow): AuditSnapshot => ({
  description,
  defaultSeverity,
  schema: schema?.text ?? null,
  tenantVisible,
  version,
  deprecated,
})

function checkUnbound(identity: Identity): void {
  if (identity.tenantId === null) return
  throw forbidden(`event types are global; this identity belongs to tenant ${identity.tenantId}`)
}

function checkInput({ name, description, schema, example }: RegisterEventTypeInput): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
  if (name === '' || name.length > MAX_NAME || /[\s*\u0000-\u001f\u007f-\u009f]/.test(name)) {
    const came = JSON.stringify(name.slice(0, 80))
    throw badInput(
      'input.name',
      `${came} is not an event type name; expected 1 to ${MAX_NAME} characters such as order.created`,
    )
  }
  if (description.length > MAX_DESCRIPTION || description.includes('\0')) {
    throw badInput('input.description', `expected at most ${MAX_DESCRIPTION} characters, and no NUL`)
  }
  const exampleValue = example && readPayload(example, ['input', 'example'])
  if (schema == null) return
  const check = compileSchema(schema.read(['input', 'schema']), 'input.schema')
  const issues = example == null ? null : check(exampleValue)
  if (issues === null) return
  throw badInputs(
    issues.map(({ path, message }) => ({
      path: ['input', 'example', ...path],
      message: `${message} (its own schema)`,
    })),
  )
}
