import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IdKind, newId, publicId } from '../src/kit/ids.ts'
import { CHANNELS } from '../src/kit/pubsub.ts'
import { schema } from '../src/schema.ts'
import { type As, startTestApp, type TestApp, until } from './harness.ts'
import {
  createOwner,
  filters,
  mutations,
  type Owner,
  publishOf,
  queries,
  subscriptions,
  tables,
  WHERE,
} from './schema-walks/index.ts'
import { type AnyField, createSelections, ROOM_FOR_SELECTIONS } from './selections.ts'
import { subscribe } from './streams.ts'

/*
 * Every root field of the schema is called by one tenant for the rows of another. Operations are generated from the
 * schema. Features register the arguments that refer to a tenant's rows (schema-walks/).
 */
const NOBODYS = 'tenant-nobodys'
const MINE = { tenantId: 'tenant-mine', mark: 'mine' }
const THEIRS = { tenantId: 'tenant-theirs', mark: 'theirs-alone' }

const ADMIN: As = { role: 'ADMIN', tenantId: MINE.tenantId }
const VIEWER: As = { role: 'VIEWER', tenantId: MINE.tenantId }

/** The tenant whose rows are requested. It may not exist: the response must be the same. */
interface Asked extends Owner {
  /** All ids of the tenant's objects, of any kind. */
  all: string[]
}

let app: TestApp
let mine: Owner
let theirs: Asked
/** Ids like those of the other tenant, but of objects that do not exist. */
let nobodys: Asked
beforeAll(async () => {
  app = await startTestApp({ env: ROOM_FOR_SELECTIONS })
  mine = await createOwner(app, MINE)
  const owner = await createOwner(app, THEIRS)
  theirs = { ...owner, all: await allIds(THEIRS.tenantId) }
  const like = (id: string) => {
    const kind = /^([a-z]+)_/.exec(id)?.[1]
    if (kind) return publicId(kind as IdKind, newId())
    return id.replace(THEIRS.tenantId, NOBODYS).replace(THEIRS.mark, 'of-no-one')
  }
  const ids = Object.fromEntries(Object.entries(theirs.ids).map(([kind, id]) => [kind, like(id)]))
  nobodys = { tenantId: NOBODYS, mark: 'of-no-one', ids, all: theirs.all.map(like) }
}, 60_000)
afterAll(() => app.stop())

async function allIds(tenantId: string): Promise<string[]> {
  const ids: string[] = []
  for (const [table, { tenant = 'tenant_id', ids: kind }] of Object.entries(tables)) {
    if (!kind) continue
    const rows = await app.sql<{ id: string }>(`SELECT id FROM ${table} WHERE ${tenant} = $1`, [tenantId])
    expect(rows, `of ${table}`).not.toEqual([])
    ids.push(...rows.map(({ id }) => publicId(kind, id)))
  }
  return ids
}

const ROOTS = {
  Query: schema.getQueryType(),
  Mutation: schema.getMutationType(),
  Subscription: schema.getSubscriptionType(),
}
const fieldsOf = (type: keyof typeof ROOTS): AnyField[] => Object.values(ROOTS[type]?.getFields() ?? {})

/** For each query with required arguments: the arguments. */
const QUERY_ARGS: Record<string, (asked: Asked) => string[]> = {
  ...queries,
  node: ({ all }) => onePerKind(all).map((id) => `(id: "${id}")`),
  nodes: ({ all }) => [`(ids: ${JSON.stringify(all)})`],
}
const onePerKind = (ids: readonly string[]) => [...new Map(ids.map((id) => [id.split('_')[0], id])).values()]

/** For each field of filter inputs: the value that refers to a tenant's rows. */
const FILTERS: typeof filters = {
  ...filters,
  tenantId: ({ tenantId }) => `"${tenantId}"`,
  search: ({ mark }) => `"${mark}"`,
}

/** All arguments with which a query can refer to another tenant's rows. */
function pointedAt(field: AnyField, asked: Asked): string[] {
  const required = QUERY_ARGS[field.name]
  if (required) return required(asked)
  const named = new Set(field.args.map(({ name }) => name))
  const pointers: string[] = []
  if (named.has('tenantId')) pointers.push(`(tenantId: "${asked.tenantId}")`)
  if (named.has('filter')) {
    const type = field.args.find(({ name }) => name === 'filter')!.type
    for (const name of Object.keys('getFields' in type ? type.getFields() : {}))
      if (FILTERS[name]) pointers.push(`(filter: { ${name}: ${FILTERS[name](asked)} })`)
  }
  return pointers
}

const selections = createSelections(schema, () => undefined)
const TIMES = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
/** The answer without values that change over time or repeat the request. */
const bare = (answer: unknown, asked: Asked) =>
  [...asked.all, ...Object.values(asked.ids), asked.mark, asked.tenantId].reduce(
    (text, part) => text.replaceAll(part, '*'),
    JSON.stringify(answer)
      .replace(TIMES, '*')
      .replace(/"requestId":"[^"]*"/g, ''),
  )

async function query(field: AnyField, args: string, as: As): Promise<unknown> {
  const root = schema.getQueryType()!
  const made = createSelections(schema, (place) => (place === `Query.${field.name}` ? args : undefined))
  const { data, errors } = await app.gql(`{ ${made.field(root, field, 3)} }`, {}, { as })
  return { data, errors: errors?.map(({ message, extensions }) => ({ message, extensions })) }
}

/** Expects that an answer contains nothing of the other tenant. */
function expectNone(answer: unknown): void {
  const text = JSON.stringify(answer)
  for (const id of theirs.all) expect(text).not.toContain(id)
  expect(text).not.toContain(THEIRS.mark)
  expect(text).not.toContain(THEIRS.tenantId)
}

describe('a query', () => {
  const fields = fieldsOf('Query')
  test('was run for every root field', () => {
    const askable = (field: AnyField) =>
      QUERY_ARGS[field.name] || selections.field(schema.getQueryType()!, field, 1) !== null
    const missing = fields.filter((field) => !askable(field)).map(({ name }) => name)
    expect(missing, `${WHERE} (queries)`).toEqual([])
  })

  test.each(fields.filter(({ name }) => !QUERY_ARGS[name]).map((field) => [field.name, field] as const))(
    '%s returns the caller’s rows and none of other tenants',
    async (_name, field) => {
      for (const as of [ADMIN, VIEWER]) expectNone(await query(field, '', as))
    },
  )

  test.each(fields.map((field) => [field.name, field] as const))(
    '%s with arguments of another tenant answers as if the rows did not exist',
    async (_name, field) => {
      const missing = pointedAt(field, nobodys)
      for (const [i, args] of pointedAt(field, theirs).entries()) {
        const answer = bare(await query(field, args, ADMIN), theirs)
        expect(answer, args).toBe(bare(await query(field, missing[i]!, ADMIN), nobodys))
      }
    },
  )
})

/** All rows of the other tenant, as one text to compare. */
async function fingerprint(): Promise<string> {
  const texts = Object.entries(tables).map(async ([table, { tenant = 'tenant_id' }]) => {
    const rows = await app.sql<{ row: string }>(
      `SELECT t::text AS row FROM ${table} t WHERE ${tenant} = $1 ORDER BY 1`,
      [THEIRS.tenantId],
    )
    return [table, ...rows.map(({ row }) => row)].join('\n')
  })
  return (await Promise.all(texts)).join('\n')
}

describe('a mutation', () => {
  const names = fieldsOf('Mutation').map(({ name }) => name)
  test('was tried for every root field', () => {
    expect(names.toSorted(), `${WHERE} (mutations)`).toEqual(Object.keys(mutations).toSorted())
  })

  test('without a target does not change rows of other tenants', async () => {
    const before = await fingerprint()
    const rules = await app.sql('SELECT FROM alert_rules WHERE tenant_id = $1', [MINE.tenantId])
    expect(await app.ok('mutation { evaluateAlertRules { evaluated } }', {}, { as: ADMIN })).toEqual({
      evaluateAlertRules: { evaluated: rules.length },
    })
    expect(await fingerprint()).toBe(before)
  })

  const pointed = names.filter((name) => !mutations[name]?.onOwnRows)
  test.each(pointed)('%s neither changes nor reveals rows of other tenants', async (name) => {
    const before = await fingerprint()
    const { on, args, foreignArgs, select = '' } = mutations[name]!
    const run = async (asked: Asked) => {
      const id = on ? asked.ids[on] : ''
      if (id === undefined && !foreignArgs) throw new Error(`no tenant has a ${on}: ${WHERE} (fresh, foreignArgs)`)
      const call = (foreignArgs ?? args)?.({ ...asked, id: id ?? '' }) ?? ''
      const { data, errors } = await app.gql<Record<string, unknown>>(
        `mutation { ${name}${call && `(${call})`} { __typename ${select} } }`,
        {},
        { as: ADMIN },
      )
      return { data, errors: errors?.map(({ message, extensions }) => ({ message, extensions })) }
    }
    const answer = await run(theirs)
    expect(JSON.stringify(answer)).toMatch(/"code":"(NOT_FOUND|FORBIDDEN)"/)
    expect(bare(answer, theirs)).toBe(bare(await run(nobodys), nobodys))
    expect(await fingerprint()).toBe(before)
  })
})

/** A subscription that refers to an owner's rows, or to no particular ones. */
function documentOf(name: string, owner: Owner | null): string {
  const { args, select } = subscriptions[name]!
  return `subscription { ${name}${(owner && args?.(owner)) ?? ''} ${select} }`
}

describe('a subscription', () => {
  const names = fieldsOf('Subscription').map(({ name }) => name)
  test('was tried for every root field', () => {
    expect(names.toSorted(), `${WHERE} (subscriptions)`).toEqual(Object.keys(subscriptions).toSorted())
  })

  // Tenants do not see the objects of the installation.
  test('healAttempts sends nothing to a tenant', async () => {
    const document = documentOf('healAttempts', null)
    const [operator, tenant] = [await subscribe(app, document), await subscribe(app, document, {}, ADMIN)]
    const id = newId()
    await app.sql(
      `INSERT INTO heal_attempts (id, target_id, container, action, trigger, reason, outcome, started_at)
       VALUES ($1, $1, 'crm', 'restart', 'probe', 'x', 'SUCCEEDED', now())`,
      [id],
    )
    await until('the operator hears of it', () => {
      app.core.pubsub.publish(CHANNELS.healAttempts, id)
      return operator.results.length > 0
    })
    expect([tenant.results, tenant.errors]).toEqual([[], []])
    await Promise.all([operator.stop(), tenant.stop()])
  })

  test('bulkReplay has no progress of another tenant’s', async () => {
    const pointed = await subscribe(app, documentOf('bulkReplay', theirs), {}, VIEWER)
    await until('it ends', () => pointed.ended)
    expect(pointed.results).toEqual([])
    expect(pointed.errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND'])
  })

  test.each(names.filter((name) => !subscriptions[name]?.ownTest))(
    '%s has one’s own changes and none of the others’',
    async (name) => {
      const { change, empty, updates = 1 } = subscriptions[name]!
      const ownStream = await subscribe(app, documentOf(name, null), {}, VIEWER)
      const theirStream = await subscribe(app, documentOf(name, theirs), {}, VIEWER)
      // A subscription to a state sends the present state first, which may have arrived already.
      const earlier = empty ? 0 : ownStream.results.length
      for (const owner of [theirs, mine]) await publishOf(app, owner)
      for (const owner of [theirs, mine]) await change?.(app, owner)
      await until('one’s own', () => ownStream.results.length - earlier >= updates)
      expectNone([ownStream.results, ownStream.errors])
      if (empty) await until('a state without rows', () => theirStream.results.length > 0)
      else expect(theirStream.results).toEqual([])
      for (const result of theirStream.results) expect(result).toMatchObject({ [name]: empty })
      expect(theirStream.errors).toEqual([])
      await Promise.all([ownStream.stop(), theirStream.stop()])
    },
  )
})
