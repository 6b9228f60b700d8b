import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { subscribe } from '../../../test/streams.ts'
import { decodeFeedCursor, encodeFeedCursor } from './cursor.ts'

const PUBLISH = `mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { cursor } } }`
const EVENTS = `subscription ($after: String) { events(after: $after) { cursor event { payload } } }`

interface Frame {
  events: { cursor: string; event: { payload: { n: number } } }
}

const newKey = () => randomBytes(32).toString('base64')

let app: TestApp
const others: TestApp[] = []
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(async () => {
  for (const other of others.reverse()) await other.stop()
  await app?.stop()
})

async function beside(env: Record<string, string>): Promise<TestApp> {
  const started = await startTestApp({ beside: app, env })
  others.push(started)
  return started
}

async function publish(at: TestApp, n: number): Promise<string> {
  const input = { type: 'test.cursor', source: 'test', payload: { n } }
  return (await at.ok<{ publishEvent: { event: { cursor: string } } }>(PUBLISH, { input })).publishEvent.event.cursor
}

test('a cursor of the previous SECRET_KEY still works, and new cursors use the new key', async () => {
  const held = await publish(app, 1)
  const SECRET_KEY = newKey()
  const replaced = await beside({ SECRET_KEY, SECRET_KEY_PREVIOUS: `${newKey()},${app.core.env.SECRET_KEY}` })
  await publish(replaced, 2)
  const resumed = await subscribe<Frame>(replaced, EVENTS, { after: held })
  await publish(app, 3)
  await until('what came since', () => resumed.results.length === 2)
  expect(resumed.results.map(({ events }) => events.event.payload.n)).toEqual([2, 3])
  await resumed.stop()

  const alone = await beside({ SECRET_KEY })
  const refused = await subscribe<Frame>(alone, EVENTS, { after: held })
  await until('the refusal', () => refused.ended)
  expect(refused.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', path: ['after'] } }])
  const further = await subscribe<Frame>(alone, EVENTS, { after: resumed.results[0]!.events.cursor })
  await until('what came since', () => further.results.length === 1)
  expect(further.results[0]!.events.event.payload.n).toBe(3)
  await further.stop()
})

test('cursors are encrypted with SECRET_KEY only; a cursor of an unknown key is refused', () => {
  const [SECRET_KEY, former] = [newKey(), newKey()]
  const core = (env: { SECRET_KEY: string; SECRET_KEY_PREVIOUS: string[] }) => ({ env: { ...app.core.env, ...env } })
  const both = core({ SECRET_KEY, SECRET_KEY_PREVIOUS: [former] })
  const now = core({ SECRET_KEY, SECRET_KEY_PREVIOUS: [] })
  const before = core({ SECRET_KEY: former, SECRET_KEY_PREVIOUS: [] })
  expect(encodeFeedCursor(both, 7n)).toBe(encodeFeedCursor(now, 7n))
  expect(decodeFeedCursor(both, encodeFeedCursor(before, 7n), 'after')).toBe(7n)
  for (const cursor of [encodeFeedCursor(app.core, 7n), 'A'.repeat(22), '', '7'])
    expect(() => decodeFeedCursor(both, cursor, 'after')).toThrow('is not a feed cursor')
})
