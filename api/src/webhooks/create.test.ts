import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACME } from '../../test/features/deliveries.ts'
import { CREATE, webhookInput as input, type W, webhookRow } from '../../test/features/webhooks.ts'
import { startTestApp, type TestApp } from '../../test/harness.ts'
import { tryUuid } from '../kit/ids.ts'
import { webhookSeals } from './secrets/secrets.ts'
import { generateSecret } from './send/sign.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

describe('createWebhook', () => {
  test('applies defaults, returns the secret once, and stores it and the headers sealed', async () => {
    const headers = { Authorization: 'Bearer hush', 'X-Team': 'billing' }
    const { createWebhook } = await app.ok<{ createWebhook: { webhook: W; secret: string } }>(
      CREATE,
      { input: input({ headers }) },
      { as: ACME },
    )
    const { webhook, secret } = createWebhook
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(webhook).toMatchObject({
      kind: 'STANDARD',
      tenantId: 'tenant-acme',
      eventTypes: ['order.*'],
      minSeverity: 'INFO',
      state: 'ENABLED',
      circuit: 'CLOSED',
      circuitBreaker: true,
      ratePerSecond: null,
      maxConcurrency: 16,
      timeoutMs: 15_000,
      retrySchedule: [5, 300, 1800, 7200, 18000, 36000, 36000],
      headers: { Authorization: '[redacted]', 'X-Team': 'billing' },
    })
    const stored = await webhookRow(app, webhook.id)
    expect(JSON.stringify(stored)).not.toContain(secret.slice(6))
    expect(JSON.stringify(stored)).not.toContain('hush')
    const seals = webhookSeals(app.core)
    const uuid = tryUuid('whk', webhook.id)!
    expect(seals.openSecret(uuid, stored.secret_sealed)).toBe(secret)
    expect(seals.openHeaders(uuid, stored.headers_sealed)).toEqual(headers)
  })

  test('accepts a secret, every setting, and a tenant that an unbound operator names', async () => {
    const given = {
      kind: 'SLACK',
      tenantId: 'tenant-other',
      eventTypes: [],
      minSeverity: 'ERROR',
      ratePerSecond: 10_000,
      maxConcurrency: 256,
      timeoutMs: 100,
      retrySchedule: [],
      circuitBreaker: false,
      secret: generateSecret(),
    }
    const { createWebhook } = await app.ok<{ createWebhook: { webhook: W; secret: string } }>(CREATE, {
      input: input(given),
    })
    const { secret, ...settings } = given
    expect(createWebhook.secret).toBe(secret)
    expect(createWebhook.webhook).toMatchObject(settings)
  })

  test('reports every problem at once, each with its path', async () => {
    const failure = await app.fails(CREATE, {
      input: {
        name: ' ',
        url: 'file:///etc/passwd',
        eventTypes: ['ok', 'a**b'],
        ratePerSecond: 0,
        maxConcurrency: 257,
        timeoutMs: 99,
        retrySchedule: [5, 86_401],
        headers: { 'X-A': 'a\r\nb', Host: 'x' },
        secret: 'whsec_c2hvcnQ=',
      },
    })
    expect(failure.code).toBe('BAD_USER_INPUT')
    expect(failure.issues?.map(({ path }) => path.join('.')).sort()).toEqual([
      'input.eventTypes.1',
      'input.headers.Host',
      'input.headers.X-A',
      'input.maxConcurrency',
      'input.name',
      'input.ratePerSecond',
      'input.retrySchedule.1',
      'input.secret',
      'input.timeoutMs',
      'input.url',
    ])
    expect(failure.message).not.toContain('c2hvcnQ')
  })

  test.each([
    ['a scheme', 'ftp://93.184.215.7/'],
    ['credentials', 'https://user:pass@93.184.215.7/'],
    ['metadata', 'http://169.254.169.254/latest/meta-data'],
    ['an IPv4-mapped address', 'http://[::ffff:10.0.0.1]/'],
    ['a private address in disguise', 'http://0xa000001/'],
    ['nonsense', 'not a url'],
    ['a line break', 'https://93.184.215.7/\nx'],
    ['too much', `https://93.184.215.7/${'a'.repeat(2050)}`],
  ])('refuses a URL with %s', async (_what, url) => {
    const failure = await app.fails(CREATE, { input: input({ url }) }, { as: ACME })
    expect(failure).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'url'] })
  })

  test('refuses a name that resolves to a private address, and accepts an unresolvable one', async () => {
    const strict = await startTestApp({ env: { WEBHOOK_ALLOWED_CIDRS: '' } })
    try {
      const failure = await strict.fails(CREATE, { input: input({ url: 'http://localhost:8080/' }) })
      expect(failure).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'url'] })
      await strict.ok(CREATE, { input: input({ url: 'https://no-such-host.invalid/' }) })
    } finally {
      await strict.stop()
    }
  })

  test('requires the role OPERATOR, and the identity’s own tenant', async () => {
    expect((await app.fails(CREATE, { input: input() }, { as: { role: 'AGENT', tenantId: 'tenant-acme' } })).code).toBe(
      'FORBIDDEN',
    )
    expect((await app.fails(CREATE, { input: input({ tenantId: 'tenant-other' }) }, { as: ACME })).code).toBe(
      'FORBIDDEN',
    )
    expect((await app.fails(CREATE, { input: input({ tenantId: 'Not A Slug' }) })).path).toEqual(['input', 'tenantId'])
  })

  test('refuses a tenant that does not exist, until createTenant creates it', async () => {
    const forNew = { input: input({ tenantId: 'tenant-of-tomorrow' }) }
    const refused = await app.fails(CREATE, forNew)
    expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'tenantId'] })
    expect(await app.sql(`SELECT FROM webhooks WHERE tenant_id = 'tenant-of-tomorrow'`)).toEqual([])
    await app.ok('mutation { createTenant(input: { id: "tenant-of-tomorrow", name: "Tomorrow" }) { tenant { id } } }')
    await app.ok(CREATE, forNew)
  })
})
