import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createSemaphore } from '../../src/kit/async/semaphore.ts'
import { AppError } from '../../src/kit/errors.ts'
import { makeKey, signedIn } from '../conformance/sockets.ts'
import { lockTable } from '../harness/lock-table.ts'
import { type As, startTestApp, type TestApp, until } from '../harness.ts'
import { watchStatements } from '../statements.ts'
import { type Stream, subscribe } from '../streams.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({
    tenants: ['greedy', 'other'],
    env: {
      DATABASE_POOL: '6',
      QUERY_MAX_LIVE_COST: '100',
      WEBSOCKET_MAX_LIVE_COST: '200',
      IDENTITY_MAX_LIVE_COST: '300',
    },
  })
})
afterAll(() => app?.stop())

const GREEDY = { role: 'ADMIN', tenantId: 'greedy' } as const
const OTHER = { role: 'ADMIN', tenantId: 'other' } as const

/** Statements that wait for a lock, except those of the API's request counters, which use a connection of their own. */
const blocked = () =>
  app.sql(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    AND query NOT LIKE 'INSERT INTO audit_request_stats%'`)

const CREATE = 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret } }'
const WEBHOOK = { name: 'x', url: 'https://93.184.215.1/', eventTypes: ['fair.*'] }

const publish = (as: As) =>
  app.ok('mutation { publishEvent(input: { type: "fair.share", source: "test" }) { event { id } } }', {}, { as })

describe('a tenant whose statements hang', () => {
  test.each([
    ['figures', 'delivery_attempts', '{ webhooks { nodes { health { total } } } }'],
    ['lists', 'webhooks', '{ webhooks { nodes { id } } }'],
    ['chain', 'audit_chains', '{ verifyAuditChain { ok } }'],
    ['single statements', 'audit_request_stats', '{ auditStats { totalRequests } }'],
  ])('has half of the connections with its %s, and keeps nobody out', async (_what, table, query) => {
    await app.ok(CREATE, { input: { ...WEBHOOK, tenantId: 'greedy' } })
    const release = await lockTable(app, table)
    const asked = Array.from({ length: 20 }, () => app.gql(query, {}, { as: GREEDY }))
    await until('some are blocked', async () => (await blocked()).length > 0)

    for (let i = 0; i < 3; i++) {
      const asks = '{ events(first: 1, filter: { types: ["none"] }) { nodes { id } } deliveryStats { deadLetter } }'
      const { data } = await app.gql(asks, {}, { as: OTHER })
      expect(data).toEqual({ events: { nodes: [] }, deliveryStats: { deadLetter: 0 } })
    }
    expect((await blocked()).length).toBeLessThanOrEqual(3)
    await release()
    for (const { errors } of await Promise.all(asked)) expect(errors).toBeUndefined()
  })

  test('still publishes, and other tenants receive their changes', async () => {
    await app.ok(CREATE, { input: { ...WEBHOOK, tenantId: 'greedy' } })
    await app.ok(CREATE, { input: { ...WEBHOOK, tenantId: 'other' } })
    const changes = 'subscription { deliveries { status } }'
    const mine = await subscribe<{ deliveries: object[] }>(app, changes, {}, GREEDY)
    const others = await subscribe<{ deliveries: object[] }>(app, changes, {}, OTHER)
    // Both subscribers receive a change first, which proves that their subscriptions are active.
    await until('both follow', async () => {
      await Promise.all([publish(GREEDY), publish(OTHER)])
      return mine.results.length > 0 && others.results.length > 0
    })
    const release = await lockTable(app, 'delivery_attempts')
    const health = '{ webhooks { nodes { health { total } } } }'
    const asked = Array.from({ length: 20 }, () => app.gql(health, {}, { as: GREEDY }))
    await until('some are blocked', async () => (await blocked()).length > 0)

    const before = others.results.length
    await publish(GREEDY)
    await publish(OTHER)
    await until('the others are told', () => others.results.length > before)
    await release()
    await Promise.all(asked)
    await Promise.all([mine.stop(), others.stop()])
  })
})

test('a request that waits too long is RATE_LIMITED; the others are served in order', async () => {
  const late = () => new AppError('RATE_LIMITED', 'too late')
  const line = createSemaphore({ places: 1, waitMs: 20, late })
  expect(line.acquire()).toBeNull()
  await expect(line.run(async () => 'never')).rejects.toThrow('too late')
  line.release()

  const patient = createSemaphore({ places: 1, waitMs: 60_000, late })
  const done: number[] = []
  patient.acquire()
  const work = [1, 2, 3].map((n) => patient.run(async () => void done.push(n)))
  patient.release()
  // A request that arrives when a place becomes free must queue behind those that already wait.
  await Promise.all([...work, patient.run(async () => void done.push(4))])
  expect(done).toEqual([1, 2, 3, 4])
  expect(patient.acquire()).toBeNull()
})

test('concurrent requests for the same statistics share one read', async () => {
  const count = async (query: string) => {
    const { texts, stop } = watchStatements(app.core.db)
    await app.ok(query, {}, { as: GREEDY })
    stop()
    return texts.filter((text) => /FROM (events|deliveries|\w+_totals)\b/.test(text)).length
  }
  const times = (field: string) => Array.from({ length: 10 }, (_, i) => `a${i}: ${field}`).join(' ')
  const deliveries = await count('{ deliveryStats { timeline(buckets: 7) { start } } }')
  expect(await count(`{ deliveryStats { ${times('timeline(buckets: 7) { start }')} } }`)).toBe(deliveries)
  const events = await count('{ eventStats { timeline(buckets: 7) { start } byType(first: 7) { name } } }')
  const many = `${times('timeline(buckets: 7) { start }')} first: byType(first: 1) { name } all: byType(first: 99) { name }`
  expect(await count(`{ eventStats { ${many} } }`)).toBe(events)
})

describe('the cost of subscriptions is limited', () => {
  /** A subscription that costs 61 and returns its first result at once. */
  const FIGURES = `subscription ($tenantId: String) { deliveryStats(tenantId: $tenantId) { ${Array.from({ length: 40 }, (_, i) => `a${i}: pending`).join(' ')} ${'pending '.repeat(20)} } }`

  const socketOf = async (key: string) => {
    const socket = await signedIn(app, { key })
    onTestFinished(() => socket.socket.terminate())
    let last = 0
    return {
      ...socket,
      /** Subscribes to the figures of a tenant. Returns the subscription's id and its error, if there is one. */
      async follow(tenantId: string) {
        const id = String(++last)
        socket.send({ type: 'subscribe', id, payload: { query: FIGURES, variables: { tenantId } } })
        const { payload } = await socket.received('next', id)
        const { errors } = payload as { errors?: { extensions: object }[] }
        return { id, error: errors?.[0]?.extensions }
      },
    }
  }

  test('per socket, until one ends', async () => {
    const socket = await socketOf((await makeKey(app)).key)
    for (const tenant of ['a', 'a', 'b']) expect(await socket.follow(tenant)).toMatchObject({ error: undefined })
    const refused = { code: 'RATE_LIMITED', limit: 'socketLiveCost', got: 244, max: 200 }
    expect(await socket.follow('b')).toMatchObject({ error: refused })
    socket.send({ type: 'complete', id: '1' })
    await until('room again', async () => (await socket.follow('b')).error === undefined)
    expect(await socket.follow('b')).toMatchObject({ error: refused })
  })

  test('per identity over all sockets and streams, where identical ones count once', async () => {
    const { key } = await makeKey(app)
    const [first, second] = [await socketOf(key), await socketOf(key)]
    for (const tenant of ['a', 'b', 'c']) expect(await first.follow(tenant)).toMatchObject({ error: undefined })
    for (const tenant of ['c', 'd']) expect(await second.follow(tenant)).toMatchObject({ error: undefined })
    const refused = { code: 'RATE_LIMITED', limit: 'identityLiveCost', got: 305, max: 300 }
    expect(await second.follow('e')).toMatchObject({ error: refused })
    const stream = (tenantId: string): Promise<Stream<object>> => subscribe(app, FIGURES, { tenantId }, { bearer: key })
    const [alike, another] = [await stream('a'), await stream('e')]
    await until('both answered', () => alike.results.length > 0 && another.errors.length > 0)
    expect(another.errors[0]?.extensions).toMatchObject(refused)
    const somebody = await socketOf((await makeKey(app)).key)
    expect(await somebody.follow('e')).toMatchObject({ error: undefined })
    // When a socket is closed, its subscriptions end.
    first.socket.close()
    await until('room again', async () => (await second.follow('e')).error === undefined)
    await alike.stop()
  })
})
