import { lookup } from 'node:dns'
import { createServer } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { until } from '../../../test/harness.ts'
import * as receivers from '../../../test/servers/receivers.ts'
import { parsePolicy, type Resolver } from './address-guard.ts'
import { KEPT_BODY_BYTES } from './response-body.ts'
import { createSender, type SendRequest, type SendResult } from './send.ts'

const loopback = parsePolicy({ allowedCidrs: ['127.0.0.0/8', '::1/128'], httpsOnly: false })
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function sender(policy = loopback, resolver?: Resolver) {
  const made = createSender(resolver ? { policy, resolver } : { policy })
  closing.push(() => made.close())
  return made
}

async function receiver(...how: Parameters<typeof receivers.startReceiver>) {
  const made = await receivers.startReceiver(...how)
  closing.push(() => made.close())
  return made
}

const to = (url: string, more: Partial<SendRequest> = {}): SendRequest => ({
  url,
  headers: { 'content-type': 'application/json', 'webhook-id': 'evt_1' },
  body: '{"type":"größe"}',
  timeoutMs: 10_000,
  ...more,
})

/** undici frees a connection one turn after its response. */
const connectionIsIdle = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** One POST to a receiver with this behaviour. */
async function sendTo(behaviour: receivers.Behaviour, more: Partial<SendRequest> = {}): Promise<SendResult> {
  return sender().send(to((await receiver(behaviour)).url, more))
}

test('a receiver that answers 2xx gets the request unchanged, and its response is stored', async () => {
  const target = await receiver(receivers.ok(202, 'taken', { 'x-request-id': 'r1', 'content-type': 'text/plain' }))
  const result = await sender().send(
    to(`${target.url}?a=1`, { headers: { 'content-type': 'application/json', 'X-Custom': 'yes' } }),
  )
  expect(result).toMatchObject({
    ok: true,
    statusCode: 202,
    errorKind: null,
    error: null,
    responseBody: 'taken',
    responseBodyTruncated: false,
    retryAfterMs: null,
  })
  expect(result.responseHeaders).toMatchObject({ 'x-request-id': 'r1' })
  expect(result.durationMs).toBeGreaterThan(0)
  expect(target.requests).toMatchObject([
    {
      method: 'POST',
      path: '/hook?a=1',
      body: '{"type":"größe"}',
      headers: { 'x-custom': 'yes', 'content-type': 'application/json' },
    },
  ])
})

test('connections are reused, also after a response body that was read completely but not stored', async () => {
  const target = await receiver(receivers.big(900 * 1024))
  const one = sender()
  for (let i = 0; i < 5; i++) expect((await one.send(to(target.url))).ok).toBe(true)
  // undici frees a connection one turn after its response: a request in that very turn opens a second one.
  expect(target.connections).toBeLessThanOrEqual(2)
})

test('the first 16 KiB of the body are stored, cut between characters, without anything that PostgreSQL refuses', async () => {
  const long = await sendTo(receivers.ok(200, `x${'ä'.repeat(20_000)}`))
  expect(long).toMatchObject({ ok: true, responseBodyTruncated: true })
  expect(long.responseBody).toBe(`x${'ä'.repeat((KEPT_BODY_BYTES - 2) / 2)}`)
  expect((await sendTo(receivers.ok(200, 'a\0b'))).responseBody).toBe('a\ufffdb')
  const exact = await sendTo(receivers.ok(200, 'x'.repeat(KEPT_BODY_BYTES)))
  expect(exact).toMatchObject({ responseBodyTruncated: false, responseBody: 'x'.repeat(KEPT_BODY_BYTES) })
  expect((await sendTo(receivers.ok(204, ''))).responseBody).toBe('')
})

test('receivers that take too long are limited in every phase', async () => {
  const quick = { timeoutMs: 500 }
  const place = expect.stringMatching(/127\.0\.0\.1:\d+.* within 500 ms$/)
  expect(await sendTo(receivers.hang(), quick)).toMatchObject({
    ok: false,
    errorKind: 'TIMEOUT',
    statusCode: null,
    error: place,
  })
  expect(await sendTo(receivers.slow(60_000), quick)).toMatchObject({
    ok: false,
    errorKind: 'TIMEOUT',
    responseBody: null,
  })
  expect(await sendTo(receivers.drip(20, 404), quick)).toMatchObject({
    ok: false,
    errorKind: 'HTTP_4XX',
    error: place,
  })
  expect(await sendTo(receivers.slow(30), { timeoutMs: 5_000 })).toMatchObject({ ok: true, responseBody: 'late' })
  const deaf = await receivers.startDeafReceiver()
  closing.push(() => deaf.close())
  const body = 'x'.repeat(16 * 1024 * 1024)
  expect(await sender().send(to(deaf.url, { ...quick, body }))).toMatchObject({ errorKind: 'TIMEOUT', error: place })
})

test('time in which this process was stalled does not count against the receiver', async () => {
  const { url, requests } = await receiver(receivers.slow(50))
  const sending = sender().send(to(url, { timeoutMs: 300 }))
  await until('the request received', () => requests.length === 1)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
  expect(await sending).toMatchObject({ ok: true, statusCode: 200 })
})

test('a 2xx status is success, even if the body fails', async () => {
  const success = { ok: true, errorKind: null, error: null }
  const cut = { ...success, statusCode: 200, responseBodyTruncated: true }
  expect(await sendTo(receivers.big(5 * 1024 * 1024))).toMatchObject(cut)
  expect(await sendTo(receivers.endless())).toMatchObject({ ...cut, responseBody: 'x'.repeat(KEPT_BODY_BYTES) })
  expect(await sendTo(receivers.drip(20), { timeoutMs: 500 })).toMatchObject(cut)
  expect(await sendTo(receivers.closeEarly())).toMatchObject({ ...cut, responseBody: 'only this' })
  expect(await sendTo(receivers.raw('HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\n'))).toMatchObject({
    ...success,
    statusCode: 204,
  })
})

test('responses with too large headers fail the attempt', async () => {
  const headers = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-${i}`, 'y'.repeat(500)]))
  expect(await sendTo(receivers.ok(200, '', headers))).toMatchObject({
    errorKind: 'BODY_TOO_LARGE',
    responseHeaders: null,
  })
})

test('receivers that break the connection or the protocol are CONNECT, with the reason', async () => {
  expect(await sendTo(receivers.reset())).toMatchObject({
    errorKind: 'CONNECT',
    statusCode: null,
    error: expect.stringContaining('reset the connection'),
  })
  expect(await sendTo(receivers.garbage())).toMatchObject({
    errorKind: 'CONNECT',
    error: expect.stringContaining('not HTTP'),
  })
  expect(
    await sendTo(receivers.raw('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')),
  ).toMatchObject({ errorKind: 'CONNECT' })
  expect(await sendTo(receivers.raw('HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n'))).toMatchObject({
    errorKind: 'CONNECT',
    statusCode: 999,
  })
  const gone = await receivers.startReceiver()
  await gone.close()
  const place = new URL(gone.url).host
  expect(await sender().send(to(gone.url))).toMatchObject({
    errorKind: 'CONNECT',
    error: `connection refused by ${place}`,
  })
})

test('interim responses are skipped, in one piece or in many', async () => {
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
  const interims = [
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 100 Continue\r\nx-a: b\r\n\r\n',
    'HTTP/1.1 103 Early\r\n\r\n',
  ]
  for (const interim of [...interims, interims.join('')])
    expect(await sendTo(receivers.raw(interim + answer))).toMatchObject({ ok: true, responseBody: 'ok' })
  const drop: receivers.Behaviour = ({ request }) => {
    const bytes = [...`${interims[0]}${interims[1]}${answer}`]
    const next = () => {
      const byte = bytes.shift()
      if (byte === undefined) request.socket.end()
      else request.socket.write(byte, () => setImmediate(next))
    }
    next()
  }
  expect(await sendTo(drop)).toMatchObject({ ok: true, responseBody: 'ok' })
  expect(await sendTo(receivers.raw('HTTP/1.1 100 Continue\r\n\r\n'), { timeoutMs: 100 })).toMatchObject({
    errorKind: 'TIMEOUT',
    statusCode: null,
  })
  // A body that looks like an interim response is a body.
  const echo = 'HTTP/1.1 100 Continue\r\n\r\n'
  expect(await sendTo(receivers.ok(200, echo))).toMatchObject({ ok: true, responseBody: echo })
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
  closing.push(async () => void server.close())
  const { port } = server.address() as { port: number }
  const one = sender()
  const url = `http://127.0.0.1:${port}/hook`
  expect(await one.send(to(url))).toMatchObject({ ok: true })
  await connectionIsIdle()
  expect(await one.send(to(url))).toMatchObject({ ok: true })
  expect(requests).toBe(3)
})

test('a reset of a new connection, or of a reused one within the response, is not repeated', async () => {
  const resetting = await receiver(receivers.reset())
  expect(await sender().send(to(resetting.url))).toMatchObject({ ok: false, errorKind: 'CONNECT' })
  expect(resetting.requests).toHaveLength(1)
  const breaking = await receiver(({ response, request, count }) => {
    if (count === 1) response.end('ok')
    else request.socket.write('HTTP/1.1 20', () => request.socket.resetAndDestroy())
  })
  const one = sender()
  expect(await one.send(to(breaking.url))).toMatchObject({ ok: true })
  await connectionIsIdle()
  expect(await one.send(to(breaking.url))).toMatchObject({ ok: false, errorKind: 'CONNECT' })
  expect([breaking.requests.length, breaking.connections]).toEqual([2, 1])
})

test('compressed bodies and other charsets are stored as text', async () => {
  const text = 'Größe: 5 €'
  const answer =
    (body: Buffer, headers: Record<string, string>): receivers.Behaviour =>
    ({ response }) =>
      response.writeHead(500, headers).end(body)
  const kept = async (body: Buffer, headers: Record<string, string>) =>
    (await sendTo(answer(body, headers))).responseBody
  expect(await kept(gzipSync(text), { 'content-encoding': 'gzip' })).toBe(text)
  expect(await kept(deflateSync(text), { 'content-encoding': 'deflate' })).toBe(text)
  expect(await kept(deflateRawSync(text), { 'content-encoding': 'deflate' })).toBe(text)
  expect(await kept(brotliCompressSync(text), { 'content-encoding': 'br' })).toBe(text)
  expect(await kept(Buffer.from('Gr\xf6\xdfe', 'latin1'), { 'content-type': 'text/plain; charset=iso-8859-1' })).toBe(
    'Größe',
  )
  expect(await kept(Buffer.from(text), { 'content-type': 'text/plain; charset=no-such' })).toBe(text)
  expect(await kept(Buffer.from('no gzip'), { 'content-encoding': 'gzip' })).toBe(
    '(7 bytes of gzip that cannot be decompressed)',
  )
  // A bomb: 64 MiB of zeros in a few kilobytes.
  const bomb = await sendTo(answer(gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x')), { 'content-encoding': 'gzip' }))
  expect(bomb).toMatchObject({ responseBody: 'x'.repeat(KEPT_BODY_BYTES), responseBodyTruncated: true })
})

test('an untrusted certificate is TLS', async () => {
  const untrusted = await receiver(receivers.ok(), { tls: true })
  expect(await sender().send(to(untrusted.url))).toMatchObject({
    ok: false,
    errorKind: 'TLS',
    statusCode: null,
    error: expect.stringMatching(/^the certificate of 127\.0\.0\.1:\d+ is not accepted: it is self-signed/),
  })
  expect(untrusted.requests).toEqual([])
  const plain = await receiver()
  expect(await sender().send(to(plain.url.replace('http:', 'https:')))).toMatchObject({ errorKind: 'TLS' })
})

test('each status has its kind, and a failure by status stays one for any body', async () => {
  const kinds = async (...codes: number[]) =>
    Promise.all(codes.map(async (code) => (await sendTo(receivers.status(code))).errorKind))
  expect(await kinds(200, 204, 299)).toEqual([null, null, null])
  expect(await kinds(304, 400, 404, 410, 429, 500, 503)).toEqual([
    'REDIRECT',
    'HTTP_4XX',
    'HTTP_4XX',
    'HTTP_4XX',
    'HTTP_429',
    'HTTP_5XX',
    'HTTP_5XX',
  ])
  expect(await sendTo(receivers.status(500, {}, 'it broke'))).toMatchObject({
    ok: false,
    responseBody: 'it broke',
    error: expect.stringMatching(/^127\.0\.0\.1:\d+ answered 500 Internal Server Error$/),
  })
  expect(await sendTo(receivers.drip(20, 500), { timeoutMs: 500 })).toMatchObject({
    errorKind: 'HTTP_5XX',
    error: expect.stringContaining('; then: '),
  })
  expect(await sendTo(receivers.endless(404))).toMatchObject({ errorKind: 'HTTP_4XX', statusCode: 404 })
})

test('each request is one attempt: a receiver that recovers fails the first and accepts the next', async () => {
  const target = await receiver(receivers.flaky(1))
  const one = sender()
  expect(await one.send(to(target.url))).toMatchObject({ ok: false, errorKind: 'HTTP_5XX', statusCode: 503 })
  expect(await one.send(to(target.url))).toMatchObject({ ok: true, statusCode: 200 })
  expect(target.requests).toHaveLength(2)
})

test('redirects are not followed; the message has their target without credentials', async () => {
  const other = await receiver()
  const result = await sendTo(receivers.redirect(`http://user:pass@${new URL(other.url).host}/login?token=secret`))
  expect(result).toMatchObject({ ok: false, errorKind: 'REDIRECT', statusCode: 302 })
  expect(result.error).toContain(`to http://${new URL(other.url).host}/login?…;`)
  expect(result.error).not.toMatch(/user|pass@|secret/)
  expect(other.requests).toEqual([])
})

test('Retry-After of 429 and 503 is parsed, as seconds and as a date, up to a day', async () => {
  const after = async (code: number, value: string) =>
    (await sendTo(receivers.status(code, { 'retry-after': value }))).retryAfterMs
  expect(await after(429, '120')).toBe(120_000)
  expect(await after(503, '999999')).toBe(86_400_000)
  expect(await after(503, 'Wed, 21 Oct 2015 07:28:00 GMT')).toBe(0)
  const soon = await after(503, new Date(Date.now() + 60_000).toUTCString())
  expect(soon).toBeGreaterThan(50_000)
  expect(soon).toBeLessThanOrEqual(60_000)
  expect(await after(500, '120')).toBeNull()
  expect(await after(429, 'soon')).toBeNull()
})

test('blocked addresses are never used: literals, names, and names that change at a later connection', async () => {
  const closedPolicy = parsePolicy({ allowedCidrs: [], httpsOnly: false })
  const target = await receiver()
  expect(await sender(closedPolicy).send(to(target.url))).toMatchObject({
    errorKind: 'BLOCKED_ADDRESS',
    statusCode: null,
  })
  const named = target.url.replace('127.0.0.1', 'localhost')
  expect(await sender(closedPolicy, lookup).send(to(named))).toMatchObject({ errorKind: 'BLOCKED_ADDRESS' })
  expect(target.connections).toBe(0)

  // The name is allowed for the first connection and not for the second, which is needed because the first is closed.
  const oneShot = await receiver(receivers.status(200, { connection: 'close' }))
  const answers = ['127.0.0.1', '127.0.0.2']
  let asked = 0
  const turning: Resolver = (_name, _options, callback) =>
    callback(null, [{ address: answers[asked++] ?? '', family: 4 }])
  const turned = sender(parsePolicy({ allowedCidrs: ['127.0.0.1'], httpsOnly: false }), turning)
  const url = oneShot.url.replace('127.0.0.1', 'hooks.example')
  expect(await turned.send(to(url))).toMatchObject({ ok: true })
  await expect.poll(() => oneShot.openConnections, { timeout: 5_000 }).toBe(0)
  expect(await turned.send(to(url))).toMatchObject({ errorKind: 'BLOCKED_ADDRESS', statusCode: null })
  expect([asked, oneShot.requests.length]).toEqual([2, 1])
})

test('an unresolvable name is DNS, and an invalid request is INTERNAL without its values', async () => {
  const failing: Resolver = (_name, _options, callback) => {
    callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), [])
  }
  expect(await sender(loopback, failing).send(to('http://hooks.example/'))).toMatchObject({
    errorKind: 'DNS',
    error: 'the name hooks.example does not resolve',
  })
  const target = await receiver()
  const bad = await sender().send(to(target.url, { headers: { 'x-token': 'hunter2\r\nx: y' } }))
  expect(bad).toMatchObject({ ok: false, errorKind: 'INTERNAL', error: expect.stringContaining('x-token') })
  expect(bad.error).not.toContain('hunter2')
})

test('a hundred requests to a hanging receiver delay no other, not even on the same host and port', async () => {
  const target = await receiver(({ received, response }) => {
    if (received.path !== '/hang') response.end('ok')
  })
  const one = sender()
  const cut = new AbortController()
  const hanging = Array.from({ length: 100 }, () =>
    one.send(to(target.url.replace('/hook', '/hang'), { signal: cut.signal })),
  )
  await expect.poll(() => target.requests.length, { timeout: 5_000 }).toBe(100)
  for (let i = 0; i < 20; i++) expect((await one.send(to(target.url))).ok).toBe(true)
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
  const one = sender(loopback, late)
  expect(await one.send(to(url, { timeoutMs: 50 }))).toMatchObject({
    errorKind: 'TIMEOUT',
    error: expect.stringMatching(/^no connection to/),
  })
  answer()
  await expect.poll(() => target.connections, { timeout: 5_000 }).toBe(1)
  expect(await one.send(to(target.url))).toMatchObject({ ok: true })
  expect(target.requests).toHaveLength(1)
})

test('closing waits for requests in flight, refuses later ones, and leaves no connection', async () => {
  const target = await receiver(receivers.slow(50))
  const one = createSender({ policy: loopback })
  const under = one.send(to(target.url))
  const closed = one.close()
  expect(await one.send(to(target.url))).toMatchObject({
    errorKind: 'INTERNAL',
    error: expect.stringContaining('closed'),
  })
  await closed
  expect(await under).toMatchObject({ ok: true })
  expect(target.requests).toHaveLength(1)
  await expect.poll(() => target.openConnections, { timeout: 5_000 }).toBe(0)
})
