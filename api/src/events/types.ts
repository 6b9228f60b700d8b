import type { EventType } from '../../../prisma/generated/client/client.ts'
import type { Severity } from '../../../prisma/generated/client/enums.ts'
import type { Identity } from '../access/identity.ts'
import type { Core } from '../kit/core.ts'
import { badInput, badInputs, forbidden, notFound } from '../kit/errors.ts'
import { type Catalogue, compileSchema, UNDECLARED_SEVERITY } from './catalogue.ts'

/** A type of events: declared, or only ever published (`declared` false, version 0). */
export interface EventTypeView {
  name: string
  description: string
  defaultSeverity: Severity
  schema: unknown
  tenantVisible: boolean
  version: number
  deprecated: boolean
  example: unknown
  declared: boolean
}

export interface RegisterEventTypeInput {
  name: string
  description: string
  defaultSeverity?: Severity | null
  schema?: unknown
  tenantVisible?: boolean | null
  example?: unknown
}

/** Of the types that were never declared, so many are listed. */
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
}: EventType) => ({
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
  description: 'Published without having been declared.',
  defaultSeverity: UNDECLARED_SEVERITY,
  schema: null,
  tenantVisible: false,
  version: 0,
  deprecated: false,
  example: null,
  declared: false,
})

/** Every declared type, and those that were published without being declared, by whom the identity may see; by name. */
export async function listEventTypes(core: Core, catalogue: Catalogue, identity: Identity): Promise<EventTypeView[]> {
  const types = await catalogue.all()
  const seen = await core.db.query<{ name: string }>(
    `SELECT DISTINCT name FROM seen_event_types WHERE ($1::text IS NULL OR tenant_id = $1) AND name <> ALL($2::text[])
     ORDER BY name LIMIT $3`,
    [identity.tenantId, [...types.keys()], MAX_UNDECLARED],
  )
  const all = [...[...types.values()].map(declared), ...seen.map(({ name }) => undeclared(name))]
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** One type by name; null when it is neither declared nor was ever published by whom the identity may see. */
export async function findEventType(
  core: Core,
  catalogue: Catalogue,
  identity: Identity,
  name: string,
): Promise<EventTypeView | null> {
  const found = await catalogue.get(name)
  if (found) return declared(found)
  if (name.includes('\0')) return null
  const [seen] = await core.db.query<{ name: string }>(
    'SELECT name FROM seen_event_types WHERE name = $1 AND ($2::text IS NULL OR tenant_id = $2) LIMIT 1',
    [name, identity.tenantId],
  )
  return seen ? undeclared(seen.name) : null
}

/**
 * Declares a type, or changes its declaration: the version grows with every change, and the same declaration again changes
 * nothing. A deprecated type is in use again. Types are the installation's: FORBIDDEN to an identity of a tenant.
 * Throws BAD_USER_INPUT also when the example does not meet the schema.
 */
export async function registerEventType(
  core: Core,
  catalogue: Catalogue,
  identity: Identity,
  input: RegisterEventTypeInput,
): Promise<{ eventType: EventTypeView; created: boolean }> {
  checkUnbound(identity)
  checkInput(input)
  const values = [
    input.name,
    input.description,
    input.defaultSeverity ?? UNDECLARED_SEVERITY,
    input.schema == null ? null : JSON.stringify(input.schema),
    input.tenantVisible ?? false,
    input.example == null ? null : JSON.stringify(input.example),
  ]
  const [row] = await core.db.query<{ created: boolean }>(
    `INSERT INTO event_types AS t (name, description, default_severity, schema, tenant_visible, example, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, now())
     ON CONFLICT (name) DO UPDATE SET description = excluded.description, default_severity = excluded.default_severity,
       schema = excluded.schema, tenant_visible = excluded.tenant_visible, example = excluded.example,
       deprecated = false, version = t.version + 1, updated_at = now()
     WHERE (t.description, t.default_severity, t.schema, t.tenant_visible, t.example, t.deprecated)
       IS DISTINCT FROM (excluded.description, excluded.default_severity, excluded.schema, excluded.tenant_visible, excluded.example, false)
     RETURNING xmax = 0 AS created`,
    values,
  )
  catalogue.changed(input.name)
  const eventType = await core.db.prisma.eventType.findUniqueOrThrow({ where: { name: input.name } })
  return { eventType: declared(eventType), created: row?.created ?? false }
}

/** Marks a type as one that should not be used any more; events of it are still taken. Throws NOT_FOUND. */
export async function deprecateEventType(
  core: Core,
  catalogue: Catalogue,
  identity: Identity,
  name: string,
): Promise<EventTypeView> {
  checkUnbound(identity)
  const known = name.includes('\0') ? null : await core.db.prisma.eventType.findUnique({ where: { name } })
  if (!known) throw notFound('declared event type', JSON.stringify(name.slice(0, 100)))
  if (known.deprecated) return declared(known)
  const changed = await core.db.prisma.eventType.update({
    where: { name },
    data: { deprecated: true, version: { increment: 1 } },
  })
  catalogue.changed(name)
  return declared(changed)
}

function checkUnbound(identity: Identity): void {
  if (identity.tenantId === null) return
  throw forbidden(`event types belong to the whole installation; this identity is bound to tenant ${identity.tenantId}`)
}

function checkInput({ name, description, schema, example }: RegisterEventTypeInput): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (name === '' || name.length > MAX_NAME || /[\s*\u0000-\u001f\u007f-\u009f]/.test(name)) {
    const came = JSON.stringify(name.slice(0, 80))
    throw badInput(
      'input.name',
      `${came} is not a name of a type; takes 1 to ${MAX_NAME} characters such as order.created`,
    )
  }
  if (description.length > MAX_DESCRIPTION || description.includes('\0')) {
    throw badInput('input.description', `takes at most ${MAX_DESCRIPTION} characters, and no NUL`)
  }
  if (schema == null) return
  const validate = compileSchema(schema, 'input.schema')
  if (example == null || validate(example)) return
  throw badInputs(
    (validate.errors ?? []).map(({ instancePath, message }) => ({
      path: ['input', 'example', ...instancePath.split('/').slice(1)],
      message: `${message ?? 'does not meet the schema'} (its own schema)`,
    })),
  )
}
