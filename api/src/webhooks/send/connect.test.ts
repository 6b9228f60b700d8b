import { lookup } from 'node:dns'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { LOOPBACK, requestTo, senders } from '../../../test/features/sending.ts'
import * as receivers from '../../../test/servers/receivers.ts'
import { parsePolicy, type Resolver } from './address-guard.ts'
import { createSender } from './send.ts'

const { sender, receiver, closeAfterTest } = senders()

/** undici frees a connection one turn after its response. */
const connectionIsIdle = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('connections are reused, also after a response body that was read completely but not stored', async () => {
  const target = await receiver(receivers.big(900 * 1024))
  const one = sender()
  for (let i = 0; i < 5; i++) expect((await one.send(requestTo(target.url))).ok).toBe(true)
  // undici frees a connection one turn after its response: a request in that very turn opens a second one.
  expect(target.connections).toBeLessThanOrEqual(2)
})

test('a connection that the receiver closed while idle costs no attempt', async () => {
  // Answers the first request of a connection, and resets the connection when a second one arrives on it.
  let requests = 0
  const server = createServer((socket) => {
    let ofConnection = 0
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      if (!String(chunk).startsWith('POST ')) return
      ofConnection += 1
      requests += 1
      if (ofConnection > 1) socket.resetAndDestroy()
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeAfterTest(async () => void server.close())
  const { port } = server.address() as { port: number }
  const one = sender()
  const url = `http://127.0.0.1:${port}/hook`
  expect(await one.send(requestTo(url))).toMatchObject({ ok: true })
  await connectionIsIdle()
  expect(await one.send(requestTo(url))).toMatchObject({ ok: true })
  expect(requests).toBe(3)
})

test('a reset of a new connection, or of a reused one within the response, is not repeated', async () => {
  const resetting = await receiver(receivers.reset())
  expect(await sender().send(requestTo(resetting.url))).toMatchObject({ ok: false, errorKind: 'CONNECT' })
  expect(resetting.requests).toHaveLength(1)
  const breaking = await receiver(({ response, request, count }) => {
    if (count === 1) response.end('ok')
    else request.socket.write('HTTP/1.1 20', () => request.socket.resetAndDestroy())
  })
  const one = sender()
  expect(await one.send(requestTo(breaking.url))).toMatchObject({ ok: true })
  await connectionIsIdle()
  expect(await one.send(requestTo(breaking.url))).toMatchObject({ ok: false, errorKind: 'CONNECT' })
  expect([breaking.requests.length, breaking.connections]).toEqual([2, 1])
})

test('an untrusted certificate is TLS', async () => {
  const untrusted = await receiver(receivers.ok(), { tls: true })
  expect(await sender().send(requestTo(untrusted.url))).toMatchObject({
    ok: false,
    errorKind: 'TLS',
    statusCode: null,
    error: expect.stringMatching(/^the certificate of 127\.0\.0\.1:\d+ is not accepted: it is self-signed/),
  })
  expect(untrusted.requests).toEqual([])
  const plain = await receiver()
  expect(await sender().send(requestTo(plain.url.replace('http:', 'https:')))).toMatchObject({ errorKind: 'TLS' })
})

test('blocked addresses are never used: literals, names, and names that change at a later connection', async () => {
  const closedPolicy = parsePolicy({ allowedCidrs: [], httpsOnly: false })
  const target = await receiver()
  expect(await sender(closedPolicy).send(requestTo(target.url))).toMatchObject({
    errorKind: 'BLOCKED_ADDRESS',
    statusCode: null,
  })
  const named = target.url.replace('127.0.0.1', 'localhost')
  expect(await sender(closedPolicy, lookup).send(requestTo(named))).toMatchObject({ errorKind: 'BLOCKED_ADDRESS' })
  expect(target.connections).toBe(0)

  // The name is allowed for the first connection and not for the second, which is needed because the first is closed.
  const oneShot = await receiver(receivers.status(200, { connection: 'close' }))
  const answers = ['127.0.0.1', '127.0.0.2']
  let asked = 0
  const turning: Resolver = (_name, _options, callback) =>
    callback(null, [{ address: answers[asked++] ?? '', family: 4 }])
  const turned = sender(parsePolicy({ allowedCidrs: ['127.0.0.1'], httpsOnly: false }), turning)
  const url = oneShot.url.replace('127.0.0.1', 'hooks.example')
  expect(await turned.send(requestTo(url))).toMatchObject({ ok: true })
  await expect.poll(() => oneShot.openConnections, { timeout: 5_000 }).toBe(0)
  expect(await turned.send(requestTo(url))).toMatchObject({ errorKind: 'BLOCKED_ADDRESS', statusCode: null })
  expect([asked, oneShot.requests.length]).toEqual([2, 1])
})

test('a hundred requests to a hanging receiver delay no other, not even on the same host and port', async () => {
  const target = await receiver(({ received, response }) => {
    if (received.path !== '/hang') response.end('ok')
  })
  const one = sender()
  const cut = new AbortController()
  const hanging = Array.from({ length: 100 }, () =>
    one.send(requestTo(target.url.replace('/hook', '/hang'), { signal: cut.signal })),
  )
  await expect.poll(() => target.requests.length, { timeout: 5_000 }).toBe(100)
  for (let i = 0; i < 20; i++) expect((await one.send(requestTo(target.url))).ok).toBe(true)
  cut.abort()
  for (const result of await Promise.all(hanging))
    expect(result).toMatchObject({ errorKind: 'INTERNAL', error: expect.stringContaining('cut off') })
})

test('a request that timed out while connecting is not sent later', async () => {
  const target = await receiver()
  let answer = () => {}
  const late: Resolver = (_name, _options, callback) => {
    answer = () => callback(null, [{ address: '127.0.0.1', family: 4 }])
  }
  const url = target.url.replace('127.0.0.1', 'hooks.example')
  const one = sender(LOOPBACK, late)
  expect(await one.send(requestTo(url, { timeoutMs: 50 }))).toMatchObject({
    errorKind: 'TIMEOUT',
    error: expect.stringMatching(/^no connection to/),
  })
  answer()
  await expect.poll(() => target.connections, { timeout: 5_000 }).toBe(1)
  expect(await one.send(requestTo(target.url))).toMatchObject({ ok: true })
  expect(target.requests).toHaveLength(1)
})

test('closing waits for requests in flight, refuses later ones, and leaves no connection', async () => {
  const target = await receiver(receivers.slow(50))
  const one = createSender({ policy: LOOPBACK })
  const under = one.send(requestTo(target.url))
  const closed = one.close()
  expect(await one.send(requestTo(target.url))).toMatchObject({
    errorKind: 'INTERNAL',
    error: expect.stringContaining('closed'),
  })
  await closed
  expect(await under).toMatchObject({ ok: true })
  expect(target.requests).toHaveLength(1)
  await expect.poll(() => target.openConnections, { timeout: 5_000 }).toBe(0)
})
