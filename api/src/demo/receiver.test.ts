import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateSecret, signer } from '../webhooks/send/sign.ts'
import { react } from './behaviour.ts'
import { createReceiver } from './receiver-server.ts'
import { parseDemoSettings } from './settings.ts'

const secret = generateSecret()
const server = createReceiver({ secrets: [secret] })
let base = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(`${base}${path}`, { method: 'POST', body: text, headers, redirect: 'manual' })
}

async function deliver(path: string, with_: string, body = '{"type":"order.created"}'): Promise<Response> {
  const id = `evt_${randomBytes(4).toString('hex')}`
  const timestamp = Math.floor(Date.now() / 1_000)
  const signature = signer(with_)(id, timestamp, body)
  return post(path, body, { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature })
}

const received = async () => (await fetch(`${base}/requests.json`)).json()

test('it stores requests, and whether their signature is valid', async () => {
  expect((await deliver('/healthy', secret)).status).toBe(200)
  const other = generateSecret()
  await deliver('/healthy', other)
  await post('/slack', '{"text":"hello"}')
  await post('/secrets', { secret: other })
  await deliver('/healthy', other)
  expect(await received()).toMatchObject([
    { number: 4, signature: { valid: true } },
    { number: 3, path: '/slack', body: '{"text":"hello"}', signature: { valid: null, says: 'not signed' } },
    { number: 2, signature: { valid: false } },
    { number: 1, path: '/healthy', answered: '200', repeats: 0, signature: { valid: true, says: 'verified' } },
  ])
  expect((await fetch(`${base}/requests.json`, { method: 'DELETE' })).status).toBe(204)
  expect(await received()).toEqual([])
})

test('its page escapes markup in texts', async () => {
  await post('/healthy', '<script>alert("x")</script>', { 'x-nasty': '"><img src=x>' })
  const page = await (await fetch(base)).text()
  expect(page).not.toMatch(/<script|<img/)
  expect(page).toContain('&#60;script&#62;')
})

test('a path has the behaviour that was set, and the receiver can be stopped and started again', async () => {
  const flaky = []
  for (let i = 0; i < 6; i++) flaky.push((await post('/flaky', '{}')).status)
  expect(flaky).toEqual([200, 200, 503, 200, 200, 503])
  expect((await post('/down', '{}')).status).toBe(503)

  await post('/behaviour', { path: '/down', mode: 'ok' })
  await post('/behaviour', 'path=/mine&mode=limited', { 'content-type': 'application/x-www-form-urlencoded' })
  expect((await post('/down', '{}')).status).toBe(200)
  expect((await post('/mine', '{}')).headers.get('retry-after')).toBe('10')

  await post('/control?down=true', '')
  await expect(post('/healthy', '{}')).rejects.toThrow('fetch failed')
  expect((await fetch(`${base}/health`)).status).toBe(200)
  await post('/control?down=false', '')
  expect((await post('/healthy', '{}')).status).toBe(200)
  await post('/new', '{}')
  expect(await (await fetch(`${base}/behaviour`)).json()).toMatchObject({
    '/down': 'ok',
    '/mine': 'limited',
    '/new': 'ok',
  })
  expect(react('slow', 1)).toMatchObject({ status: 200, delayMs: 2_000 })
})

test('an invalid request is refused with the accepted values', async () => {
  for (const [path, body, says] of [
    ['/behaviour', '{"path":"/x","mode":"sleepy"}', 'mode is "sleepy"; expected ok, flaky'],
    ['/behaviour', '{"mode":"ok"}', 'path is undefined; expected one like /healthy'],
    ['/behaviour', 'no', 'the body is no JSON'],
    ['/control', '', 'down is undefined; expected true or false'],
    ['/secrets', '{"secret":"whsec_short"}', 'secret '],
  ] as const) {
    const response = await post(path, body)
    expect(response.status, path).toBe(400)
    expect(await response.text(), path).toContain(says)
  }
  expect((await fetch(`${base}/healthy`)).status).toBe(405)
  expect(() => parseDemoSettings({ DEMO_RECEIVER_PORT: 'many' })).toThrow('DEMO_RECEIVER_PORT: expected a port')
  expect(() => parseDemoSettings({ DEMO_WEBHOOK_SECRET: 'secret' })).toThrow('DEMO_WEBHOOK_SECRET: does not start')
  expect(parseDemoSettings({})).toEqual({ port: 8099, secret: null })
})
