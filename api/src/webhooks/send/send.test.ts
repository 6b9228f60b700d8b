import { expect, test } from 'vitest'
import { LOOPBACK, requestTo, senders } from '../../../test/features/sending.ts'
import { until } from '../../../test/harness.ts'
import * as receivers from '../../../test/servers/receivers.ts'
import type { Resolver } from './address-guard.ts'

const { sender, receiver, sendTo, closeAfterTest } = senders()

test('a receiver that answers 2xx gets the request unchanged, and its response is stored', async () => {
  const target = await receiver(receivers.ok(202, 'taken', { 'x-request-id': 'r1', 'content-type': 'text/plain' }))
  const result = await sender().send(
    requestTo(`${target.url}?a=1`, { headers: { 'content-type': 'application/json', 'X-Custom': 'yes' } }),
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
  closeAfterTest(() => deaf.close())
  const body = 'x'.repeat(16 * 1024 * 1024)
  expect(await sender().send(requestTo(deaf.url, { ...quick, body }))).toMatchObject({
    errorKind: 'TIMEOUT',
    error: place,
  })
})

test('time in which this process was stalled does not count against the receiver', async () => {
  const { url, requests } = await receiver(receivers.slow(50))
  const sending = sender().send(requestTo(url, { timeoutMs: 300 }))
  await until('the request received', () => requests.length === 1)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
  expect(await sending).toMatchObject({ ok: true, statusCode: 200 })
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
  expect(await sender().send(requestTo(gone.url))).toMatchObject({
    errorKind: 'CONNECT',
    error: `connection refused by ${place}`,
  })
})

test('each request is one attempt: a receiver that recovers fails the first and accepts the next', async () => {
  const target = await receiver(receivers.flaky(1))
  const one = sender()
  expect(await one.send(requestTo(target.url))).toMatchObject({ ok: false, errorKind: 'HTTP_5XX', statusCode: 503 })
  expect(await one.send(requestTo(target.url))).toMatchObject({ ok: true, statusCode: 200 })
  expect(target.requests).toHaveLength(2)
})

test('an unresolvable name is DNS, and an invalid request is INTERNAL without its values', async () => {
  const failing: Resolver = (_name, _options, callback) => {
    callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), [])
  }
  expect(await sender(LOOPBACK, failing).send(requestTo('http://hooks.example/'))).toMatchObject({
    errorKind: 'DNS',
    error: 'the name hooks.example does not resolve',
  })
  const target = await receiver()
  const bad = await sender().send(requestTo(target.url, { headers: { 'x-token': 'hunter2\r\nx: y' } }))
  expect(bad).toMatchObject({ ok: false, errorKind: 'INTERNAL', error: expect.stringContaining('x-token') })
  expect(bad.error).not.toContain('hunter2')
})
