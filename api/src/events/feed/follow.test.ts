import { afterAll, beforeAll, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { subscribe } from '../../../test/streams.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

const PUBLISH = `mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { results { event { id cursor } error { message } } } }`
const EVENTS = `subscription ($filter: EventFilter, $after: String) { events(filter: $filter, after: $after) { cursor event { id type tenantId payload } } }`

interface Frame {
  cursor: string
  event: { id: string; type: string; tenantId: string | null; payload: { n: number } }
}

async function publish(...inputs: object[]): Promise<{ id: string; cursor: string }[]> {
  const input = inputs.map((given) => ({ type: 'test.live', source: 'test', ...given }))
  const { publishEvents } = await app.ok<{ publishEvents: { results: { event: { id: string; cursor: string } }[] } }>(
    PUBLISH,
    { input },
  )
  return publishEvents.results.map(({ event }) => event)
}

async function follow(variables: object, as?: As) {
  const stream = await subscribe<{ events: Frame }>(app, EVENTS, variables, as)
  return Object.assign(stream, {
    numbers: () => stream.results.map(({ events }) => events.event.payload.n),
    cursor: () => stream.results.at(-1)?.events.cursor,
  })
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

test('a subscription starts now or after its cursor, and continues live and in order', async () => {
  const [first] = await publish({ payload: { n: 0 } }, { payload: { n: 1 } })
  const resumed = await follow({ after: first!.cursor })
  const fresh = await follow({})
  await until('the backlog', () => resumed.results.length === 1)
  for (const n of range(2, 21)) await publish({ payload: { n } })
  await until('the live ones', () => resumed.results.length === 21 && fresh.results.length === 20)
  expect(resumed.numbers()).toEqual(range(1, 21))
  expect(fresh.numbers()).toEqual(range(2, 21))
  expect(fresh.cursor()).toBe(resumed.cursor())
  await Promise.all([resumed.stop(), fresh.stop()])
})

test('filter and tenant apply to backlog and tail; tenants see system events of visible types only', async () => {
  const [mark] = await publish({ payload: { n: -1 } })
  const batch = () =>
    publish(
      { type: 'test.a', tenantId: 'tenant-1', payload: { n: 1 } },
      { type: 'test.b', tenantId: 'tenant-1', payload: { n: 2 } },
      { type: 'test.a', tenantId: 'tenant-acme', payload: { n: 3 } },
      { type: 'test.a', tenantId: 'tenant-1', payload: { n: 4, text: '100% Żółw' } },
    )
  await batch()
  const tenant = { role: 'VIEWER', tenantId: 'tenant-1' } as const
  const live = [
    await follow({ after: mark!.cursor }, tenant),
    await follow({ after: mark!.cursor, filter: { types: ['test.a'] } }, tenant),
    await follow({ after: mark!.cursor, filter: { search: '100% ż' } }, tenant),
    await follow({ after: mark!.cursor, filter: { tenantId: 'tenant-acme' } }, tenant),
    await follow({ after: mark!.cursor, filter: { tenantId: 'tenant-acme', types: ['test.*'] } }),
  ] as const
  const announced = (type: string, n: number) =>
    app.pipeline.publisher.announce('aetherlink', { type, tenantId: null, payload: { n } })
  await until('the backlog', () => live[4].results.length === 1)
  await batch()
  announced('webhook.disabled', 8)
  await publish({ tenantId: 'tenant-1', type: 'test.a', payload: { n: 9, text: '100% Ż' } })
  await until(
    'all',
    () => live[0].numbers().includes(9) && live[2].numbers().includes(9) && live[1].numbers().includes(9),
  )
  await until('the other', () => live[4].results.length === 2)
  expect(live[0].numbers().filter((n) => n !== 8)).toEqual([1, 2, 4, 1, 2, 4, 9])
  expect(live[1].numbers()).toEqual([1, 4, 1, 4, 9])
  expect(live[2].numbers()).toEqual([4, 4, 9])
  expect(live[3].numbers()).toEqual([])
  expect(live[4].numbers()).toEqual([3, 3])
  await Promise.all(live.map(({ stop }) => stop()))
})

test('an invalid, future or expired cursor is refused with its code', async () => {
  const refused = async (after: string) => {
    const stream = await follow({ after })
    await until('the refusal', () => stream.errors.length > 0 && stream.ended)
    return stream.errors[0]!.extensions
  }
  expect(await refused('f1:1')).toMatchObject({ code: 'BAD_USER_INPUT', path: ['after'] })
  const [old, kept] = await publish({ payload: { n: 0 } }, { payload: { n: 1 } })
  const [row] = await app.sql<{ seq: string }>('SELECT max(seq) AS seq FROM events')
  const ahead = app.pipeline.publisher.cursorOf({ seq: BigInt(row!.seq) + 50n })
  expect(await refused(ahead)).toMatchObject({ code: 'BAD_USER_INPUT', path: ['after'] })
  await publish({ payload: { n: 2 } })
  await app.sql('DELETE FROM events WHERE seq < (SELECT max(seq) FROM events)')
  expect(await refused(old!.cursor)).toMatchObject({ code: 'CURSOR_EXPIRED' })
  const resumed = await follow({ after: kept!.cursor })
  await until('what is left', () => resumed.results.length === 1)
  expect(resumed.numbers()).toEqual([2])
  await resumed.stop()
})

test('a subscription needs an identity and a streaming client', async () => {
  const response = await app.http(
    '/graphql',
    { method: 'POST', body: JSON.stringify({ query: EVENTS }), headers: { 'content-type': 'application/json' } },
    { as: null },
  )
  expect(response.status).toBe(401)
  const plain = await app.http('/graphql', {
    method: 'POST',
    body: JSON.stringify({ query: EVENTS }),
    headers: { 'content-type': 'application/json' },
  })
  expect(plain.status).toBe(406)
})
