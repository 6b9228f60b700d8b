import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeWebhook, OTHER, publish, seedAttempt, seedDelivery } from '../../test/features/deliveries.ts'
import { type As, startTestApp, type TestApp } from '../../test/harness.ts'
import { watchStatements } from '../../test/statements.ts'
import { newId, publicId, tryUuid } from '../kit/ids.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

const LIST = `query ($filter: DeliveryFilter, $first: Int, $after: String) {
  deliveries(filter: $filter, first: $first, after: $after) { totalCount nodes { id status } pageInfo { endCursor } } }`
const listed = async (filter: object, as: As = ACME) =>
  (await app.ok<{ deliveries: { nodes: { id: string }[] } }>(LIST, { filter }, { as })).deliveries.nodes.map(({ id }) =>
    tryUuid('dlv', id),
  )

test('every filter narrows the list, newest first, and pages by cursor', async () => {
  const as: As = { role: 'VIEWER', tenantId: 'tenant-filters' }
  const owner: As = { role: 'OPERATOR', tenantId: 'tenant-filters' }
  const [w1, w2] = [(await makeWebhook(app, {}, owner)).id, (await makeWebhook(app, {}, owner)).id]
  const tenant = 'tenant-filters'
  const old = await seedDelivery(app, {
    tenant,
    webhook: w1,
    status: 'DEAD_LETTER',
    type: 'lead.created',
    error: 'refused 100%',
    kind: 'CONNECT',
    age: 7_200_000,
  })
  const mid = await seedDelivery(app, {
    tenant,
    webhook: w2,
    status: 'FAILED',
    type: 'order.paid',
    url: 'https://93.184.215.9/Special',
    kind: 'HTTP_5XX',
    age: 600_000,
  })
  const now = await seedDelivery(app, { tenant, webhook: w1, status: 'DELIVERED' })

  expect(await listed({}, as)).toEqual([now, mid, old])
  expect(await listed({ statuses: ['FAILED', 'DEAD_LETTER'] }, as)).toEqual([mid, old])
  expect(await listed({ statuses: [] }, as)).toHaveLength(3)
  expect(await listed({ window: 'LAST_15M' }, as)).toEqual([now, mid])
  expect(await listed({ since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() - 60_000) }, as)).toEqual([
    mid,
  ])
  expect(await listed({ webhookIds: [w2] }, as)).toEqual([mid])
  expect(await listed({ eventTypes: ['order.*'] }, as)).toEqual([now, mid])
  expect(await listed({ eventTypes: ['*.created', 'none'] }, as)).toEqual([now, old])
  expect(await listed({ eventTypes: ['lead.created'] }, as)).toEqual([old])
  expect(await listed({ errorKinds: ['CONNECT', 'DNS'] }, as)).toEqual([old])
  expect(await listed({ search: 'special' }, as)).toEqual([mid])
  expect(await listed({ search: '100%' }, as)).toEqual([old])
  expect(await listed({ search: "'; DROP TABLE deliveries; --" }, as)).toEqual([])
  expect(await listed({ ruleId: publicId('rul', newId()) }, as)).toEqual([])
  expect(await listed({ tenantId: 'tenant-filters', statuses: ['DELIVERED'] }, { role: 'VIEWER' })).toEqual([now])

  type Page = { deliveries: { totalCount: number; nodes: { id: string }[]; pageInfo: { endCursor: string } } }
  const first = (await app.ok<Page>(LIST, { first: 2 }, { as })).deliveries
  expect(first.totalCount).toBe(3)
  const rest = (await app.ok<Page>(LIST, { first: 2, after: first.pageInfo.endCursor }, { as })).deliveries
  expect(rest.nodes.map(({ id }) => tryUuid('dlv', id))).toEqual([old])
})

test('all problems of a filter are reported together', async () => {
  const filter = {
    webhookIds: ['whk_x', publicId('dlv', newId())],
    eventTypes: ['a**'],
    ruleId: 'nope',
    search: 'x'.repeat(201),
  }
  for (const document of [LIST, 'query ($filter: DeliveryFilter) { deliveryStats(filter: $filter) { pending } }']) {
    const failure = await app.fails(document, { filter }, { as: ACME })
    expect(failure.code).toBe('BAD_USER_INPUT')
    expect(failure.issues?.map(({ path }) => path.join('.')).sort()).toEqual([
      'filter.eventTypes.0',
      'filter.ruleId',
      'filter.search',
      'filter.webhookIds.0',
      'filter.webhookIds.1',
    ])
  }
})

test("another tenant's deliveries, attempts and statistics are not visible", async () => {
  const { id: webhook } = await makeWebhook(app)
  const delivery = await seedDelivery(app, { webhook, status: 'DEAD_LETTER' })
  const attempt = await seedAttempt(app, webhook, delivery, 1)
  const installation = await makeWebhook(app, {}, { role: 'ADMIN' })
  const systemTest = await seedAttempt(app, installation.id, null, 1)

  expect(await listed({}, OTHER)).toEqual([])
  expect(await listed({ tenantId: 'tenant-acme' }, OTHER)).toEqual([])
  expect(await listed({ webhookIds: [webhook] }, OTHER)).toEqual([])
  const { deliveryStats } = await app.ok<{ deliveryStats: object }>(
    '{ deliveryStats(filter: { tenantId: "tenant-acme" }) { deadLetter pending successRate oldestPendingAt latencyP95Ms timeline(buckets: 2) { deadLetter } } }',
    {},
    { as: OTHER },
  )
  expect(deliveryStats).toEqual({
    deadLetter: 0,
    pending: 0,
    successRate: null,
    oldestPendingAt: null,
    latencyP95Ms: null,
    timeline: [{ deadLetter: 0 }, { deadLetter: 0 }],
  })
  const ids = [publicId('dlv', delivery), publicId('att', attempt), publicId('att', systemTest)]
  const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
  expect((await app.ok<{ nodes: unknown[] }>(nodes, { ids }, { as: OTHER })).nodes).toEqual([null, null, null])
  expect((await app.ok<{ nodes: unknown[] }>(nodes, { ids }, { as: ACME })).nodes).toEqual([
    { id: ids[0] },
    { id: ids[1] },
    null,
  ])
  for (const [document, variables] of [
    ['mutation ($id: ID!) { replayDelivery(id: $id, force: true) { delivery { id } } }', { id: ids[0] }],
    ['mutation ($id: ID!) { cancelDelivery(id: $id, reason: "no") { delivery { id } } }', { id: ids[0] }],
    ['mutation ($id: ID!) { testWebhook(id: $id) { attempt { id } } }', { id: webhook }],
    ['mutation ($id: ID!) { testWebhook(id: $id) { attempt { id } } }', { id: installation.id }],
  ] as const) {
    expect((await app.fails(document, variables, { as: OTHER })).code).toBe('NOT_FOUND')
    expect((await app.fails(document, variables, { as: { role: 'AGENT', tenantId: 'tenant-acme' } })).code).toBe(
      'FORBIDDEN',
    )
  }
})

const FULL = `query ($first: Int) { deliveries(first: $first) { nodes {
  id holdReason attemptCount event { id type payload } webhook { id name deletedAt } replayOf { id } replays { id } rule { id }
  attempts { id number } forecast { likelihood basis } } } }`

/**
 * The smallest number of statements that `work` sends through the pool. Some runs send more, to refresh cached values.
 */
async function statements(work: () => Promise<unknown>): Promise<number> {
  return Math.min(await statementsOnce(work), await statementsOnce(work), await statementsOnce(work))
}

async function statementsOnce(work: () => Promise<unknown>): Promise<number> {
  const { texts, stop } = watchStatements(app.core.db)
  await work()
  stop()
  return texts.length
}

test('the number of statements does not depend on the length of the list', async () => {
  const as: As = { role: 'OPERATOR', tenantId: 'tenant-full' }
  const webhooks = [
    await makeWebhook(app, { eventTypes: ['a'] }, as),
    await makeWebhook(app, { eventTypes: ['a', 'b'] }, as),
  ]
  const one = await publish(app, { type: 'a' }, as)
  const events = [one, ...(await Promise.all(Array.from({ length: 12 }, () => publish(app, { type: 'a' }, as))))]
  await app.sql(
    `UPDATE deliveries SET status = 'DEAD_LETTER', attempt_count = 2, completed_at = now() WHERE tenant_id = 'tenant-full'`,
  )
  const rows = await app.sql<{ id: string; event_id: string; webhook_id: string }>(
    `SELECT * FROM deliveries WHERE tenant_id = 'tenant-full' ORDER BY id`,
  )
  expect(rows).toHaveLength(2 * events.length)
  for (const row of rows) for (const n of [1, 2]) await seedAttempt(app, publicId('whk', row.webhook_id), row.id, n)
  const original = rows[0]!
  const replay = await seedDelivery(app, {
    tenant: 'tenant-full',
    webhook: webhooks[0]!.id,
    event: original.event_id,
    replayOf: original.id,
  })

  // The newest two are the replay and a dead letter, so that a short list selects the same fields as a long one.
  await app.ok(FULL, {}, { as })
  // Fewer than exist: a list that ends also reads its last time ranges.
  const many = await statements(() => app.ok(FULL, { first: 20 }, { as }))
  const few = await statements(() => app.ok(FULL, { first: 2 }, { as }))
  expect(many).toBeLessThanOrEqual(few)

  type Node = {
    id: string
    event: { id: string }
    webhook: { id: string }
    replayOf: { id: string } | null
    replays: { id: string }[]
    attempts: { number: number }[]
    forecast: { likelihood: number } | null
  }
  const { deliveries } = await app.ok<{ deliveries: { nodes: Node[] } }>(FULL, {}, { as })
  const node = (uuid: string) => deliveries.nodes.find(({ id }) => id === publicId('dlv', uuid))!
  expect(node(original.id)).toMatchObject({
    event: { id: publicId('evt', original.event_id) },
    webhook: { id: publicId('whk', original.webhook_id) },
    replays: [{ id: publicId('dlv', replay) }],
    attempts: [{ number: 1 }, { number: 2 }],
    forecast: { likelihood: expect.any(Number) },
    rule: null,
  })
  expect(node(replay)).toMatchObject({ replayOf: { id: publicId('dlv', original.id) }, forecast: null, attempts: [] })

  const EVENTS = `query ($first: Int) { events(first: $first, filter: { types: ["a"] }) { nodes { id
    deliveries(first: 1) { totalCount nodes { id } } deliveryExplanation { outcome webhook { id } } } } }`
  await app.ok(EVENTS, { first: 10 }, { as })
  const ten = await statements(() => app.ok(EVENTS, { first: 10 }, { as }))
  expect(ten).toBeLessThanOrEqual(await statements(() => app.ok(EVENTS, { first: 2 }, { as })))
  type Events = {
    events: {
      nodes: {
        id: string
        deliveries: { totalCount: number; nodes: unknown[] }
        deliveryExplanation: { outcome: string }[]
      }[]
    }
  }
  const answered = (await app.ok<Events>(EVENTS, { first: 50 }, { as })).events.nodes
  const first = answered.find(({ id }) => id === one)!
  expect(first.deliveries).toMatchObject({ totalCount: original.event_id === tryUuid('evt', one) ? 3 : 2 })
  expect(first.deliveries.nodes).toHaveLength(1)
  expect(first.deliveryExplanation.map(({ outcome }) => outcome).sort()).toEqual(['FAILED', 'IN_PROGRESS'])
})

test('the hold reason of the webhook takes precedence, and a deleted webhook is still returned', async () => {
  const { id: webhook } = await makeWebhook(app, { name: 'held' })
  const delivery = await seedDelivery(app, { webhook, event: tryUuid('evt', await publish(app, { type: 'held' }))! })
  const hold = async () => {
    const answer = await app.ok<{ node: { holdReason: string | null; webhook: { name: string; state: string } } }>(
      'query ($id: ID!) { node(id: $id) { ... on Delivery { holdReason webhook { name state } } } }',
      { id: publicId('dlv', delivery) },
      { as: ACME },
    )
    return answer.node
  }
  const set = (columns: string) => app.sql(`UPDATE webhooks SET ${columns} WHERE id = $1`, [tryUuid('whk', webhook)])
  expect((await hold()).holdReason).toBeNull()
  await app.sql(`UPDATE deliveries SET hold_reason = 'RATE_LIMITED' WHERE id = $1`, [delivery])
  expect((await hold()).holdReason).toBe('RATE_LIMITED')
  await set(`circuit = 'OPEN'`)
  expect((await hold()).holdReason).toBe('CIRCUIT_OPEN')
  await set(`state = 'PAUSED'`)
  expect((await hold()).holdReason).toBe('WEBHOOK_PAUSED')
  await set(`state = 'DISABLED'`)
  expect((await hold()).holdReason).toBe('WEBHOOK_DISABLED')
  await app.ok('mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId } }', { id: webhook }, { as: ACME })
  expect(await hold()).toEqual({ holdReason: null, webhook: { name: 'held', state: 'DISABLED' } })
})

test('replaying and cancelling through the API', async () => {
  const { id: webhook } = await makeWebhook(app, { eventTypes: ['replayed'] })
  const event = await publish(app, { type: 'replayed' })
  const [row] = await app.sql<{ id: string }>('SELECT id FROM deliveries WHERE event_id = $1 AND webhook_id = $2', [
    tryUuid('evt', event),
    tryUuid('whk', webhook),
  ])
  await app.sql(
    `UPDATE deliveries SET status = 'DEAD_LETTER', attempt_count = 3, next_attempt_at = NULL, wake_at = NULL, completed_at = now() WHERE id = $1`,
    [row!.id],
  )
  const id = publicId('dlv', row!.id)
  const REPLAY = `mutation ($id: ID!, $force: Boolean) { replayDelivery(id: $id, force: $force) { original { id status replays { id } } delivery { id status attemptCount replayOf { id } } } }`
  type Replayed = { replayDelivery: { delivery: { id: string }; original: object } }
  const { replayDelivery } = await app.ok<Replayed>(REPLAY, { id }, { as: ACME })
  const replay = replayDelivery.delivery.id
  expect(replayDelivery).toEqual({
    original: { id, status: 'DEAD_LETTER', replays: [{ id: replay }] },
    delivery: { id: replay, status: 'PENDING', attemptCount: 0, replayOf: { id } },
  })
  expect((await app.fails(REPLAY, { id }, { as: ACME })).code).toBe('CONFLICT')
  const CANCEL =
    'mutation ($id: ID!, $reason: String!) { cancelDelivery(id: $id, reason: $reason) { delivery { status lastError completedAt } } }'
  expect(await app.fails(CANCEL, { id: replay, reason: ' ' }, { as: ACME })).toMatchObject({
    code: 'BAD_USER_INPUT',
    path: ['reason'],
  })
  const { cancelDelivery } = await app.ok<{ cancelDelivery: { delivery: { status: string; lastError: string } } }>(
    CANCEL,
    { id: replay, reason: 'no longer wanted' },
    { as: ACME },
  )
  expect(cancelDelivery.delivery).toMatchObject({
    status: 'CANCELLED',
    lastError: expect.stringContaining('no longer wanted'),
  })
  expect((await app.fails(CANCEL, { id: replay, reason: 'again' }, { as: ACME })).code).toBe('CONFLICT')
})
