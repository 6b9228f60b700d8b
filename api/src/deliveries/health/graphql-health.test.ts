import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Made, makeWebhook, seedDelivery } from '../../../test/features/deliveries.ts'
import { type As, startTestApp, type TestApp } from '../../../test/harness.ts'
import { newId, tryUuid } from '../../kit/ids.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

test('health contains the results of the attempts of a window and the state of the circuit', async () => {
  const as: As = { role: 'OPERATOR', tenantId: 'tenant-health' }
  const made = await Promise.all(['fine', 'poor', 'dead', 'idle', 'open'].map((name) => makeWebhook(app, { name }, as)))
  const attempt = (webhook: Made, error: string | null, ms: number) =>
    app.sql(
      `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, error_kind, error, request_headers)
       VALUES ($1, $2, $3, 1, now(), $4, 200, $5::"ErrorKind", $6, '{}')`,
      [newId(), newId(), tryUuid('whk', webhook.id), ms, error && 'HTTP_5XX', error],
    )
  const [fine, poor, dead, , open] = made as [Made, Made, Made, Made, Made]
  for (const ms of [10, 20, 30]) await attempt(fine, null, ms)
  await attempt(poor, null, 5)
  await attempt(poor, 'first', 5)
  await attempt(poor, 'second', 5)
  await attempt(dead, 'no', 1)
  await attempt(open, null, 1)
  await app.sql(`UPDATE webhooks SET circuit = 'OPEN' WHERE id = $1`, [tryUuid('whk', open.id)])

  const { webhooks } = await app.ok<{
    webhooks: {
      nodes: Array<{
        name: string
        health: Record<string, unknown> & { timeline: { delivered: number; failed: number }[] }
      }>
    }
  }>(
    `{ webhooks { nodes { name health(window: LAST_15M) { status total delivered failed deadLetter successRate latencyP50Ms lastSuccessAt lastFailureAt
       lastError errors { errorKind statusCode count lastAt } timeline(buckets: 3) { start delivered failed latencyP50Ms latencyP95Ms } } } } }`,
    {},
    { as },
  )
  const health = Object.fromEntries(webhooks.nodes.map((node) => [node.name, node.health]))
  expect(health.fine).toMatchObject({
    status: 'OK',
    total: 3,
    delivered: 3,
    failed: 0,
    successRate: 1,
    latencyP50Ms: expect.closeTo(20, -0.6),
    lastFailureAt: null,
  })
  expect(health.poor).toMatchObject({
    status: 'DEGRADED',
    total: 3,
    failed: 2,
    lastError: 'second',
    errors: [{ errorKind: 'HTTP_5XX', count: 2 }],
  })
  expect(health.dead).toMatchObject({ status: 'DOWN', successRate: 0, latencyP50Ms: null, lastSuccessAt: null })
  expect(health.idle).toMatchObject({ status: 'UNKNOWN', total: 0, successRate: null, lastError: null })
  expect(health.open).toMatchObject({ status: 'DOWN', delivered: 1 })
  const timeline = health.fine?.timeline as unknown[]
  expect(timeline.at(-1)).toMatchObject({
    latencyP50Ms: expect.closeTo(20, -0.6),
    latencyP95Ms: expect.closeTo(30, -0.8),
  })
  expect(timeline[0]).toMatchObject({ latencyP50Ms: null, latencyP95Ms: null })
  expect(health.poor?.timeline.map(({ delivered, failed }) => [delivered, failed])).toEqual([
    [0, 0],
    [0, 0],
    [1, 2],
  ])
})

test('a webhook has the number of its waiting deliveries and the time of the next probe', async () => {
  const as: As = { role: 'OPERATOR', tenantId: 'tenant-backlog' }
  const [busy, open] = [await makeWebhook(app, { name: 'busy' }, as), await makeWebhook(app, { name: 'open' }, as)]
  for (const status of ['PENDING', 'FAILED', 'DELIVERED', 'DEAD_LETTER'] as const)
    await seedDelivery(app, { tenant: 'tenant-backlog', webhook: busy.id, status })
  const probeAt = '2026-01-01T00:00:00.000Z'
  await app.sql(`UPDATE webhooks SET circuit = 'OPEN', circuit_probe_at = $2 WHERE id = $1`, [
    tryUuid('whk', open.id),
    probeAt,
  ])
  const { webhooks } = await app.ok<{ webhooks: { nodes: object[] } }>(
    '{ webhooks { nodes { name backlog nextProbeAt } } }',
    {},
    { as },
  )
  expect(webhooks.nodes).toEqual([
    { name: 'open', backlog: 0, nextProbeAt: probeAt },
    { name: 'busy', backlog: 2, nextProbeAt: null },
  ])
})

test('a URL is checked as in createWebhook, but no request is sent', async () => {
  const as: As = { role: 'OPERATOR', tenantId: 'tenant-check' }
  const check = async (url: string) =>
    (
      await app.ok<{ checkWebhookUrl: { ok: boolean; problem: string | null } }>(
        'query ($url: String!) { checkWebhookUrl(url: $url) { ok problem } }',
        { url },
        { as },
      )
    ).checkWebhookUrl
  expect(await check('https://93.184.215.1/hook')).toEqual({ ok: true, problem: null })
  expect(await check('http://169.254.169.254/latest')).toMatchObject({ ok: false, problem: expect.any(String) })
  expect(await check('ftp://a.example/')).toMatchObject({ ok: false, problem: expect.any(String) })
  const refused = await app.fails(
    '{ checkWebhookUrl(url: "https://a.example") { ok } }',
    {},
    { as: { ...as, role: 'VIEWER' } },
  )
  expect(refused).toMatchObject({ code: 'FORBIDDEN', requiredRole: 'OPERATOR' })
})

test('health that takes too long to read ends with an error, like other figures', async () => {
  const as: As = { role: 'VIEWER', tenantId: 'tenant-slow-health' }
  await makeWebhook(app, { name: 'slow' }, { ...as, role: 'OPERATOR' })
  const client = await app.core.db.pool.connect()
  try {
    await client.query('BEGIN; LOCK TABLE delivery_attempts IN ACCESS EXCLUSIVE MODE')
    const asked = ['status', 'timeline { delivered }'].map((field) =>
      app.fails(`{ webhooks { nodes { health(window: ALL) { ${field} } } } }`, {}, { as }),
    )
    for (const { code, message } of await Promise.all(asked)) {
      expect(code).toBe('QUERY_TOO_COMPLEX')
      expect(message).toContain('narrow it with window')
    }
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
})
