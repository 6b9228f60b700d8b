import { isIntrospectionType, isObjectType, isRequiredArgument } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDevSignIn } from '../src/access/dev-sign-in.ts'
import { isConnection } from '../src/graphql/limits/cost.ts'
import { schema } from '../src/schema.ts'
import { startTestApp, type TestApp, until } from './harness.ts'
import { features, fieldArgs, listed, WHERE } from './schema-walks/index.ts'
import { type AnyField, createSelections, isObjects, isRows, isSecondWay, ROOM_FOR_SELECTIONS } from './selections.ts'
import { watchStatements } from './statements.ts'

/*
 * Every list of the schema, with all fields of its rows, needs as many statements for fifty rows as for five.
 * Operations are generated from the schema, so new fields and lists are included automatically. A new feature registers
 * rows for its lists (schema-walks/).
 */
const FEW = 5
const MANY = 50

/**
 * How deep objects are selected: the objects of a row, and the objects of those. For example, a delivery has an event,
 * which has deliveries.
 */
const LEVELS = 2

const UNFILLED = listed('unfilled')
const BOUNDED = listed('bounded')
const OUT_OF_REACH = listed('outOfReach')

let app: TestApp
/** A session token: API keys would cause statements of their own, because they are read again from time to time. */
let bearer: string
beforeAll(async () => {
  app = await startTestApp({ tenants: [], env: ROOM_FOR_SELECTIONS })
  bearer = (await createDevSignIn(app.core).signIn({ role: 'ADMIN' })).token
})
afterAll(() => app?.stop())

/** Ids for the query `nodes`. */
const nodeIds: string[] = []

/** Creates the rows numbered from `from` up to, but not including, `to` for every list. */
async function seed(from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i)
  for (const feature of features.values()) nodeIds.push(...((await feature.many?.(app, numbers)) ?? []))
}

const argsOf = (place: string): string | undefined =>
  place === 'Query.nodes' ? `(ids: ${JSON.stringify(nodeIds)})` : fieldArgs[place]

/** The object fields that were selected, as Type.field. */
const asked = new Set<string>()

// The pages contain all rows, so that the few rows refer to as many objects as the many rows do.
const selections = createSelections(
  schema,
  (place, parent, field) =>
    argsOf(place) ?? (parent.name === 'Query' && isConnection(field) ? '(first: 200)' : undefined),
  (place) => void asked.add(place),
)

/** Adds the fields, as Type.field, that have a value anywhere in a result. An empty list does not count as a value. */
function collect(value: unknown, filled: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, filled)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  const { __typename, ...fields } = value as Record<string, unknown>
  for (const [name, item] of Object.entries(fields)) {
    if (item !== null && !(Array.isArray(item) && item.length === 0))
      filled.add(`${__typename}.${name.replace(/^.*_/, '')}`)
    collect(item, filled)
  }
}

function rowsOf(answer: unknown): number {
  if (Array.isArray(answer)) return answer.length
  return typeof answer === 'object' && answer !== null && 'nodes' in answer ? rowsOf(answer.nodes) : 0
}

interface Count {
  statements: string[]
  rows: number
}

const ROOTS = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
  (field) => isObjects(field) && (argsOf(`Query.${field.name}`) || !field.args.some(isRequiredArgument)),
)
const filled = new Set<string>()

async function count(field: AnyField): Promise<Count> {
  const watch = watchStatements(app.core.db)
  const query = `{ __typename ${selections.field(schema.getQueryType()!, field, LEVELS + 1)} }`
  const data = await app.ok<Record<string, unknown>>(query, {}, { as: { bearer } })
  watch.stop()
  collect(data, filled)
  return {
    statements: watch.texts.filter(isRead).map((text) => text.replaceAll(/\s+/g, ' ').slice(0, 300)),
    rows: rowsOf(data[field.name]),
  }
}

/** Whether a statement belongs to the operation. Statements that write are from other work of the process. */
const isRead = (text: string) => /^\s*(SELECT|WITH)/i.test(text)

/**
 * Counts the statements of every list. If a count is higher than before, it is measured again, because the cached event
 * types are read again every few seconds.
 */
async function countAll(before = new Map<string, Count>()): Promise<Map<string, Count>> {
  const counts = new Map<string, Count>()
  for (const field of ROOTS) {
    const most = before.get(field.name)?.statements.length ?? 0
    let counted = await count(field)
    for (let again = 0; again < 2 && counted.statements.length > most; again++) counted = await count(field)
    counts.set(field.name, counted)
  }
  return counts
}

let few: Map<string, Count>
let many: Map<string, Count>
beforeAll(async () => {
  await seed(0, FEW)
  // The statistics of requests are written shortly after the responses.
  await until('figures of requests', async () => (await app.sql('SELECT FROM audit_request_stats LIMIT 1')).length > 0)
  few = await countAll()
  await seed(FEW, MANY)
  many = await countAll(few)
}, 180_000)

test.each(ROOTS.map((field) => [field.name, field] as const))(
  '%s needs no more statements for more rows',
  (name, field) => {
    const [before, after] = [few.get(name)!, many.get(name)!]
    const grows = isRows(field) && !BOUNDED.has(name)
    if (grows) expect(after.rows).toBeGreaterThanOrEqual(MANY)
    if (grows) expect(before.rows).toBeLessThan(after.rows)
    const excess = [...after.statements]
    for (const text of before.statements) {
      const at = excess.indexOf(text)
      if (at >= 0) excess.splice(at, 1)
    }
    expect(after.statements.length > before.statements.length ? excess : []).toEqual([])
  },
)

test('every list had rows and every object field had a value', () => {
  const unfilled = [...asked].filter((place) => ![place, place.split('.')[0]!].some((name) => UNFILLED.has(name)))
  expect(
    unfilled.filter((place) => !filled.has(place)),
    `${WHERE} (many)`,
  ).toEqual([])
})

const isOutOfReach = (type: string) => /^(Mutation|Subscription)$|Payload$/.test(type) || OUT_OF_REACH.has(type)

test('every list of the schema was queried', () => {
  const lists = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !isIntrospectionType(type) && !isOutOfReach(type.name))
    .flatMap((type) =>
      Object.values(isObjectType(type) ? type.getFields() : {})
        .filter((field) => isRows(field) && !isSecondWay(type, field))
        .map((field) => `${type.name}.${field.name}`),
    )
  expect(
    lists.filter((place) => !asked.has(place)),
    `${WHERE} (fieldArgs, outOfReach)`,
  ).toEqual([])
})
