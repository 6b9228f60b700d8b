import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeKey, signedIn } from './conformance/sockets.ts'
import { startTestApp, type TestApp, until } from './harness.ts'
import { watchStatements } from './statements.ts'
import { type Stream, subscribe } from './streams.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({
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

test('figures that are asked for many times are read once', async () => {
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

describe('what is followed has a bound', () => {
  /** Costs 61, and answers at once. */
  const FIGURES = `subscription ($tenantId: String) { deliveryStats(tenantId: $tenantId) { ${Array.from({ length: 40 }, (_, i) => `a${i}: pending`).join(' ')} ${'pending '.repeat(20)} } }`

  const socketOf = async (key: string) => {
    const socket = await signedIn(app, { key })
    onTestFinished(() => socket.socket.terminate())
    let last = 0
    return {
      ...socket,
      /** Follows the figures of a tenant, and answers the id of that and the first error. */
      async follow(tenantId: string) {
        const id = String(++last)
        socket.send({ type: 'subscribe', id, payload: { query: FIGURES, variables: { tenantId } } })
        const { payload } = await socket.received('next', id)
        const { errors } = payload as { errors?: { extensions: object }[] }
        return { id, error: errors?.[0]?.extensions }
      },
    }
  }

  test('on a socket, until some of it ends', async () => {
    const socket = await socketOf((await makeKey(app)).key)
    for (const tenant of ['a', 'a', 'b']) expect(await socket.follow(tenant)).toMatchObject({ error: undefined })
    const refused = { code: 'RATE_LIMITED', limit: 'socketLiveCost', got: 244, max: 200 }
    expect(await socket.follow('b')).toMatchObject({ error: refused })
    socket.send({ type: 'complete', id: '1' })
    await until('room again', async () => (await socket.follow('b')).error === undefined)
    expect(await socket.follow('b')).toMatchObject({ error: refused })
  })

  test('for an identity on all of its sockets and streams, where those that are alike count once', async () => {
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
    // With the socket goes what was followed on it.
    first.socket.close()
    await until('room again', async () => (await second.follow('e')).error === undefined)
    await alike.stop()
  })
})
