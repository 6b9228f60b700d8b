import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publicId } from '../../src/kit/ids.ts'
import { until } from '../harness.ts'
import { type Follower, follow, overSse, overWebSocket } from './followers.ts'
import { createInstallation, type Installation } from './installation.ts'
import { accepted, startLoad } from './load.ts'

const FOLLOWERS = 200
const EVENTS = 150
const TIMEOUT = 120_000

let installation: Installation
beforeAll(async () => {
  installation = await createInstallation()
  await installation.startApi()
}, TIMEOUT)
afterAll(() => installation?.close(), TIMEOUT)

const PUBLISH = `mutation { publishEvent(input: { type: "mark", source: "mark" }) { event { cursor } } }`

test('two hundred subscribers with random disconnects during API restarts get every event once, in order', {
  timeout: TIMEOUT,
}, async ({ annotate }) => {
  const { publishEvent } = await installation.graphql<{ publishEvent: { event: { cursor: string } } }>(PUBLISH, {})
  const { cursor } = publishEvent.event
  const followers: Follower[] = Array.from({ length: FOLLOWERS }, (_, i) =>
    follow(installation, i % 2 === 0 ? overSse : overWebSocket, 'followed', cursor),
  )
  const load = startLoad(installation, 'followed', EVENTS)
  let cutting = true
  const cuts = (async () => {
    while (cutting) {
      for (let i = 0; i < 10; i++) followers[Math.floor(Math.random() * FOLLOWERS)]!.cut()
      await delay(100)
    }
  })()
  await accepted(load, 0.3)
  await installation.api.end('SIGKILL')
  await installation.startApi()
  await accepted(load, 0.7)
  await installation.api.end('SIGTERM')
  await installation.startApi()
  await load.done
  cutting = false
  await cuts

  const rows = await installation.sql<{ id: string }>(`SELECT id FROM events WHERE source = 'followed' ORDER BY seq`)
  const expected = rows.map(({ id }) => publicId('evt', id))
  expect(expected).toHaveLength(EVENTS)
  const behind = () => followers.filter(({ seen }) => seen.length < EVENTS).length
  await until('all have seen all', () => behind() === 0, 60_000).catch((error: unknown) => {
    throw new Error(`${error}: ${behind()} are behind; the API logged\n${installation.api.tail()}`)
  })
  for (const { seen } of followers) expect(seen).toEqual(expected)
  await annotate(`${followers.reduce((sum, { connections }) => sum + connections, 0)} connections`)
  await Promise.all(followers.map((follower) => follower.stop()))
})
