import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { until } from '../../../test/harness.ts'
import { createOutbox } from './outbox.ts'

let server: WebSocketServer
let ours: WebSocket
let reader: WebSocket
const received: string[] = []

beforeEach(async () => {
  received.length = 0
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const connected = once(server, 'connection')
  reader = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  reader.on('message', (data) => received.push(String(data)))
  ours = (await connected)[0]
  await once(reader, 'open')
})
afterEach(() => {
  reader.terminate()
  server.close()
})

const KIB_64 = 64 * 1024
/** The last text alone exceeds the high-water mark and the buffers of the kernel. */
const texts = [...Array.from({ length: 400 }, (_, n) => `${n} ${'x'.repeat(KIB_64)}`), 'x'.repeat(512 * KIB_64)]

test('a stalled reader uses bounded memory, is not read, and gets everything in order when it continues', async () => {
  const outbox = createOutbox(ours)
  reader.pause()
  let sent = 0
  const sends = texts.map((text) => outbox.send(text).then(() => sent++))
  await until('nothing more goes', () => ours.bufferedAmount > 0 && ours.isPaused)
  expect(ours.bufferedAmount).toBeLessThan(256 * 1024 + 2 * KIB_64)
  expect(sent).toBeLessThan(texts.length)
  reader.resume()
  await Promise.all(sends)
  await until('all of them', () => received.length === texts.length)
  expect(received).toEqual(texts)
  await until('the socket is read again', () => !ours.isPaused)
})

test('sends to a closed socket settle and do not reject', async () => {
  const outbox = createOutbox(ours)
  reader.pause()
  const sends = texts.map((text) => outbox.send(text))
  await until('some wait', () => ours.isPaused)
  ours.terminate()
  await Promise.all([...sends, outbox.send('too late')])
  expect(received.length).toBeLessThan(texts.length)
})
