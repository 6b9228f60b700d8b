import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { senders } from '../../../test/features/sending.ts'
import * as receivers from '../../../test/servers/receivers.ts'
import { KEPT_BODY_BYTES } from './response-body.ts'

const { receiver, sendTo } = senders()

test('the first 16 KiB of the body are stored, cut between characters, without anything that PostgreSQL refuses', async () => {
  const long = await sendTo(receivers.ok(200, `x${'ä'.repeat(20_000)}`))
  expect(long).toMatchObject({ ok: true, responseBodyTruncated: true })
  expect(long.responseBody).toBe(`x${'ä'.repeat((KEPT_BODY_BYTES - 2) / 2)}`)
  expect((await sendTo(receivers.ok(200, 'a\0b'))).responseBody).toBe('a\ufffdb')
  const exact = await sendTo(receivers.ok(200, 'x'.repeat(KEPT_BODY_BYTES)))
  expect(exact).toMatchObject({ responseBodyTruncated: false, responseBody: 'x'.repeat(KEPT_BODY_BYTES) })
  expect((await sendTo(receivers.ok(204, ''))).responseBody).toBe('')
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
