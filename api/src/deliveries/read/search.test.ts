import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeWebhook, OTHER, publish, seedDelivery } from '../../../test/features/deliveries.ts'
import { type As, startTestApp, type TestApp } from '../../../test/harness.ts'
import { publicId, tryUuid } from '../../kit/ids.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

const LIST = `query ($filter: DeliveryFilter) {
  deliveries(filter: $filter) { totalCount nodes { id } } deliveryStats(filter: $filter) { pending held } }`

async function search(filter: object | string, as: As = ACME) {
  const given = typeof filter === 'string' ? { search: filter } : filter
  const { deliveries } = await app.ok<{ deliveries: { totalCount: number; nodes: { id: string }[] } }>(
    LIST,
    { filter: given },
    { as },
  )
  expect(deliveries.totalCount).toBe(deliveries.nodes.length)
  return deliveries.nodes.map(({ id }) => id)
}

test('a search finds a delivery by its id, its event, its correlation, its subject and the name of its webhook', async () => {
  const { id: webhook } = await makeWebhook(app, { name: 'Billing bridge', eventTypes: ['found.*'] })
  const event = await publish(app, { type: 'found.it', subject: 'invoice-77', correlationId: 'req-4711-ab' })
  await publish(app, { type: 'found.not', subject: 'invoice-78', correlationId: 'req-4711-abc' })
  const [row] = await app.sql<{ id: string }>('SELECT id FROM deliveries WHERE event_id = $1', [tryUuid('evt', event)])
  const id = publicId('dlv', row!.id)
  expect(await search(id)).toEqual([id])
  expect(await search(event)).toEqual([id])
  expect(await search('req-4711-ab')).toEqual([id])
  expect(await search('INVOICE-77')).toEqual([id])
  expect(await search(webhook)).toHaveLength(2)
  expect(await search('billing br')).toHaveLength(2)
  expect(await search('found.')).toHaveLength(2)
  expect(await search({ search: 'billing', eventTypes: ['found.it'] })).toEqual([id])
  expect(await search('req-4711')).toEqual([])
  for (const text of [id, event, 'req-4711-ab', 'invoice-77', webhook, 'billing'])
    expect(await search(text, OTHER)).toEqual([])
})

test('deliveries are found and counted by hold reason', async () => {
  const as: As = { role: 'OPERATOR', tenantId: 'tenant-held' }
  const tenant = 'tenant-held'
  const make = async (columns: string) => {
    const { id } = await makeWebhook(app, {}, as)
    await app.sql(`UPDATE webhooks SET ${columns} WHERE id = $1`, [tryUuid('whk', id)])
    return id
  }
  const [paused, open, busy] = [
    await make(`state = 'PAUSED'`),
    await make(`circuit = 'OPEN'`),
    await make(`state = 'ENABLED'`),
  ]
  const seeded = async (webhook: string, status: string, columns = 'hold_reason = NULL') => {
    const uuid = await seedDelivery(app, { tenant, webhook, status, attempts: status === 'PENDING' ? 0 : 1 })
    await app.sql(`UPDATE deliveries SET ${columns} WHERE id = $1`, [uuid])
    return publicId('dlv', uuid)
  }
  const limited = `hold_reason = 'RATE_LIMITED'`
  const inPaused = await seeded(paused!, 'PENDING', limited)
  const inOpen = await seeded(open!, 'FAILED')
  const inBusy = await seeded(busy!, 'PENDING', limited)
  await seeded(open!, 'FAILED', `lease_until = now() + interval '1 hour'`)
  await seeded(open!, 'DEAD_LETTER')
  await seeded(busy!, 'PENDING')
  expect(await search({ holdReasons: ['WEBHOOK_PAUSED'] }, as)).toEqual([inPaused])
  expect(await search({ holdReasons: ['CIRCUIT_OPEN'] }, as)).toEqual([inOpen])
  expect(await search({ holdReasons: ['RATE_LIMITED', 'CONCURRENCY_LIMITED'] }, as)).toEqual([inBusy])
  expect(await search({ holdReasons: ['WEBHOOK_PAUSED', 'CIRCUIT_OPEN'], statuses: ['FAILED'] }, as)).toEqual([inOpen])
  const { deliveryStats } = await app.ok<{ deliveryStats: { pending: number; held: number } }>(LIST, {}, { as })
  expect(deliveryStats).toEqual({ pending: 5, held: 3 })
})

test('the URL of a chat service is secret to roles below OPERATOR in every field', async () => {
  const tenant = 'tenant-chat'
  const operator: As = { role: 'OPERATOR', tenantId: tenant }
  const viewer: As = { role: 'VIEWER', tenantId: tenant }
  const secret = '/services/T0000/B0000/sEcReTsEcReT4F2x'
  const url = `https://93.184.215.7${secret}`
  const { id: webhook } = await makeWebhook(
    app,
    { name: 'On call', url, kind: 'SLACK', eventTypes: ['chat'] },
    operator,
  )
  const event = await publish(app, { type: 'chat' }, operator)
  const [row] = await app.sql<{ id: string }>('SELECT id FROM deliveries WHERE event_id = $1', [tryUuid('evt', event)])
  const error = `93.184.215.7:443 answered 302 Found to ${url}?x; redirects are not followed`
  await app.sql(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = now(), last_error = $2, last_error_kind = 'REDIRECT' WHERE id = $1`,
    [row!.id, error],
  )
  await app.sql(
    `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, error_kind, error, request_headers,
       response_headers, response_body) VALUES ($1, $1, $2, 1, now(), 5, 302, 'REDIRECT', $3, '{}', $4, $5)`,
    [
      row!.id,
      tryUuid('whk', webhook),
      error,
      JSON.stringify({ location: url }),
      `<a href="${secret}">moved</a> ${url}`,
    ],
  )
  const everything = `query ($id: ID!) {
    webhooks { nodes { name url health { lastError } } }
    deliveries { nodes { targetUrl lastError attempts { error responseHeaders responseBody } webhook { url } } }
    node(id: $id) { ... on Event { deliveryExplanation { reason webhook { url } } } } }`
  const ask = async (as: As) => JSON.stringify(await app.ok(everything, { id: event }, { as }))
  const asOperator = await ask(operator)
  expect(asOperator.split(secret).length).toBe(12)
  const asViewer = await ask(viewer)
  expect(asViewer).not.toMatch(/sEcReT|T0000/)
  expect(asViewer).toContain('https://93.184.215.7/…4F2x')

  // Nor can it be found out letter by letter.
  const finds = async (text: string, as: As) => {
    const { webhooks } = await app.ok<{ webhooks: { nodes: object[] } }>(
      'query ($search: String) { webhooks(filter: { search: $search }) { nodes { id } } }',
      { search: text },
      { as },
    )
    return [webhooks.nodes.length, (await search(text, as)).length]
  }
  expect(await finds('/services/T0000', operator)).toEqual([1, 1])
  expect(await finds('/services/T0000', viewer)).toEqual([0, 0])
  expect(await search('answered 302', viewer)).toHaveLength(1)
  expect(await search('93.184.215.7', viewer)).toHaveLength(1)
})
