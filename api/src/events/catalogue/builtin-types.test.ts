import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { EXAMPLES } from '../../http/graphiql/examples.ts'
import { compileSchema } from '../schema/compile.ts'
import { BUILTIN_TYPES, type BuiltinType, ensureBuiltinTypes } from './builtin-types.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

test('every example is valid against its schema, and so are the examples of GraphiQL', () => {
  const types = new Map(BUILTIN_TYPES.map((type) => [type.name, type]))
  expect(types.size).toBe(BUILTIN_TYPES.length)
  const problems = (type: BuiltinType, payload: unknown) => compileSchema(type.schema, 'schema')(payload) ?? []
  for (const type of BUILTIN_TYPES) {
    expect(problems(type, type.example), type.name).toEqual([])
    expect(problems(type, { ...type.example, somethingNew: [1] }), `${type.name} with a new field`).toEqual([])
    for (const field of type.schema.required ?? [])
      expect(problems(type, { ...type.example, [field]: undefined }), `${type.name} without ${field}`).not.toEqual([])
    if (type.deprecatedFor) expect(types.has(type.deprecatedFor)).toBe(true)
  }
  for (const { variables } of EXAMPLES) {
    const { type, payload } = (variables?.input ?? {}) as { type?: string; payload?: unknown }
    const declared = types.get(type ?? '')
    if (declared) expect(problems(declared, payload), type).toEqual([])
  }
})

test('the first start declares the built-in types; later starts keep the changes of operators', async () => {
  expect(await ensureBuiltinTypes(app.core.db)).toHaveLength(BUILTIN_TYPES.length)
  await app.ok(
    `mutation { registerEventType(input: { name: "lead.created", description: "ours", defaultSeverity: WARNING, tenantVisible: true }) { eventType { version } } }`,
  )
  const epoch = () => app.sql<{ epoch: string }>('SELECT epoch FROM fanout_epoch')
  const before = await epoch()
  expect(await ensureBuiltinTypes(app.core.db)).toEqual([])
  expect(await epoch()).toEqual(before)

  const { eventTypes } = await app.ok<{ eventTypes: { name: string; description: string; deprecated: boolean }[] }>(
    '{ eventTypes { name description deprecated } }',
  )
  expect(eventTypes.map(({ name }) => name)).toEqual(BUILTIN_TYPES.map(({ name }) => name).sort())
  expect(eventTypes.find(({ name }) => name === 'lead.created')?.description).toBe('ours')
  expect(eventTypes.filter(({ deprecated }) => deprecated).map(({ name }) => name)).toEqual([
    'ops.autoheal.performed',
    'ops.service.registered',
  ])
})

test('a payload without a required field is refused with the name of the field', async () => {
  await ensureBuiltinTypes(app.core.db)
  const failure = await app.fails(
    'mutation { publishEvent(input: { type: "autoheal.failed", source: "aether-auto-heal", payload: { error: "no" } }) { deduplicated } }',
  )
  expect(failure).toMatchObject({ code: 'BAD_USER_INPUT' })
  expect(failure.message).toContain("'service'")
})

/** The table of docs/events.md, as it has to stand there. */
function catalogueTable(): string {
  const rows = BUILTIN_TYPES.map(({ name, description, defaultSeverity, schema }) => {
    const fields = Object.keys(schema.properties).map((field) =>
      schema.required?.includes(field) ? `**\`${field}\`**` : `\`${field}\``,
    )
    return `| \`${name}\` | ${defaultSeverity} | ${description} | ${fields.join(', ')} |`
  })
  return ['| Type | Severity | Description | Payload |', '|---|---|---|---|', ...rows].join('\n')
}

test('docs/events.md lists the built-in types', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/events.md'), 'utf8')
  expect(/<!-- catalogue -->\n([\s\S]*?)\n<!-- end of catalogue -->/.exec(page)?.[1]).toBe(catalogueTable())
})
