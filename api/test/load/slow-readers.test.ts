import { request } from 'node:http'
import type { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { JsonText } from '../../src/kit/json/json-text.ts'
import { makeKey } from '../conformance/sockets.ts'
import { startTestApp, type TestApp, until } from '../harness.ts'

const EVENTS = 600
const BATCH = 30
const PAYLOAD = 'x'.repeat(32 * 1024)
const SLOW = 8
/** Eight backlogs of 600 events of 32 KiB would be 150 MiB. The feed itself keeps up to 32 MiB for all readers. */
const MAX_GROWTH = 80 * 1024 * 1024

const DOCUMENT = 'subscription { events(filter: { sources: ["slow"] }) { event { payload } } }'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

/** The numbers of the events that a reader has received, and functions to stop and continue reading. */
interface Reader {
  seen: number[]
  hold(): void
  release(): void
  close(): void
}

const note = (seen: number[], text: string) => {
  for (const [, n] of text.matchAll(/"n":(\d+)/g)) seen.push(Number(n))
}

function overSse(key: string): Promise<Reader> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${key}` }
    const req = request(`${app.url}/graphql`, { method: 'POST', agent: false, headers })
    req.once('error', reject)
    req.once('response', (stream: Readable) => {
      const seen: number[] = []
      let rest = ''
      req.on('error', () => {})
      stream.on('error', () => {})
      stream.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) note(seen, line)
      })
      resolve({
        seen,
        hold: () => stream.pause(),
        release: () => stream.resume(),
        close: () => req.destroy(),
      })
    })
    req.end(JSON.stringify({ query: DOCUMENT }))
  })
}

function overWebSocket(key: string): Promise<Reader> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const seen: number[] = []
    const send = (message: object) => socket.send(JSON.stringify(message))
    socket.once('error', reject)
    socket.once('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }))
    socket.once('message', () => {
      send({ id: '1', type: 'subscribe', payload: { query: DOCUMENT } })
      socket.on('message', (text) => note(seen, String(text)))
      socket.on('error', () => {})
      resolve({
        seen,
        hold: () => socket.pause(),
        release: () => socket.resume(),
        close: () => socket.terminate(),
      })
    })
  })
}

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const memory = () => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const publish = (from: number, count: number) =>
  app.pipeline.publisher.publish(
    {
      identity: { kind: 'SYSTEM', id: 'test', name: null, roles: ['ADMIN'], tenantId: null },
      clientIp: null,
      trace: null,
    },
    Array.from({ length: count }, (_, i) => ({
      type: 'slow.x',
      source: 'slow',
      payload: JsonText.of({ n: from + i, text: PAYLOAD }),
    })),
  )

test('stalled readers use bounded memory and delay no others; when they continue they get everything in order', async () => {
  const { key } = await makeKey(app)
  const slow = await Promise.all(Array.from({ length: SLOW }, (_, i) => (i % 2 ? overSse(key) : overWebSocket(key))))
  const healthy = await overWebSocket(key)
  const readers = [...slow, healthy]
  // When each reader has received an event, all are subscribed.
  for (let i = 0; readers.some(({ seen }) => seen.length === 0); i++) {
    await publish(EVENTS + i, 1)
    await until('the first events', () => readers.every(({ seen }) => seen.length > 0), 500).catch(() => undefined)
  }
  for (const reader of slow) reader.hold()
  const before = memory()
  const numbers = Array.from({ length: EVENTS }, (_, i) => i)
  for (let i = 0; i < EVENTS; i += BATCH) await publish(i, BATCH)
  const own = (reader: Reader) => reader.seen.filter((n) => n < EVENTS)
  await until('the healthy one has all', () => own(healthy).length === EVENTS, 30_000)
  expect(own(healthy)).toEqual(numbers)
  expect(slow.every((reader) => own(reader).length < EVENTS)).toBe(true)
  expect(memory() - before).toBeLessThan(MAX_GROWTH)

  for (const reader of slow) reader.release()
  await until('the slow ones have all', () => slow.every((reader) => own(reader).length === EVENTS), 30_000)
  for (const reader of slow) expect(own(reader)).toEqual(numbers)
  for (const reader of readers) reader.close()
}, 90_000)
