import { Webhook as StandardWebhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp } from '../../test/harness.ts'
import { hang, ok, startReceiver, status } from '../../test/receivers.ts'
import { newId, publicId, tryUuid, uuidFloor } from '../kit/ids.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

const ACME: As = { role: 'OPERATOR', tenantId: 'tenant-acme' }
const OTHER: As = { role: 'OPERATOR', tenantId: 'tenant-other' }

interface Made {
  id: string
  secret: string
}

async function makeWebhook(over: object = {}, as: As = ACME): Promise<Made> {
  const input = { name: 'w', url: 'https://93.184.215.1/', eventTypes: [], ...over }
  const { createWebhook } = await app.ok<{ createWebhook: { secret: string; webhook: { id: string } } }>(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { id } } }',
    { input },
    { as },
  )
  return { id: createWebhook.webhook.id, secret: createWebhook.secret }
}

const publish = async (over: object = {}, as: As = ACME) => {
  const input = { type: 'order.created', source: 'shop', payload: { n: 1 }, ...over }
  const { publishEvent } = await app.ok<{ publishEvent: { event: { id: string } } }>(
    'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }',
    { input },
    { as },
  )
  return publishEvent.event.id
}

interface Seed {
  webhook: string
  tenant?: string
  status?: string
  type?: string
  url?: string
  attempts?: number
  max?: number
  error?: string | null
  kind?: string | null
  /** Milliseconds ago. */
  age?: number
  latency?: number
  replayOf?: string
  event?: string
}

/** Puts a delivery there as the engine would have left it; answers its UUID. */
async function seed(given: Seed): Promise<string> {
  const { age = 0, status: is = 'PENDING', attempts = 0, latency = 10 } = given
  const at = Date.now() - age
  const id = age === 0 ? newId() : `${uuidFloor(at).slice(0, 14)}7${newId().slice(15)}`
  const final = !['PENDING', 'FAILED'].includes(is)
  await app.sql(
    `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, attempt_count, max_attempts, next_attempt_at,
       created_at, completed_at, last_error, last_error_kind, replay_of_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7::"DeliveryStatus", $8, $9, $10, $11, $12, $13, $14::"ErrorKind", $15)`,
    [
      id,
      given.event ?? newId(),
      tryUuid('whk', given.webhook),
      given.tenant ?? 'tenant-acme',
      given.type ?? 'order.created',
      given.url ?? 'https://93.184.215.1/',
      is,
      attempts,
      given.max ?? 3,
      final ? null : new Date(at),
      new Date(at),
      final ? new Date(at + latency) : null,
      given.error ?? null,
      given.kind ?? null,
      given.replayOf ?? null,
    ],
  )
  return id
}

async function seedAttempt(webhook: string, delivery: string | null, number: number, kind: string | null = 'HTTP_5XX') {
  const id = newId()
  await app.sql(
    `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, error_kind, error, request_headers)
     VALUES ($1, $2, $3, $4, now(), 5, 503, $5::"ErrorKind", 'no', '{}')`,
    [id, delivery, tryUuid('whk', webhook), number, kind],
  )
  return id
}

const LIST = `query ($filter: DeliveryFilter, $first: Int, $after: String) {
  deliveries(filter: $filter, first: $first, after: $after) { totalCount nodes { id status } pageInfo { endCursor } } }`
const listed = async (filter: object, as: As = ACME) =>
  (await app.ok<{ deliveries: { nodes: { id: string }[] } }>(LIST, { filter }, { as })).deliveries.nodes.map(({ id }) =>
    tryUuid('dlv', id),
  )

test('every filter narrows the list, newest first, and pages by cursor', async () => {
  const as: As = { role: 'VIEWER', tenantId: 'tenant-filters' }
  const owner: As = { role: 'OPERATOR', tenantId: 'tenant-filters' }
  const [w1, w2] = [(await makeWebhook({}, owner)).id, (await makeWebhook({}, owner)).id]
  const tenant = 'tenant-filters'
  const old = await seed({
    tenant,
    webhook: w1,
    status: 'DEAD_LETTER',
    type: 'lead.created',
    error: 'refused 100%',
    kind: 'CONNECT',
    age: 7_200_000,
  })
  const mid = await seed({
    tenant,
    webhook: w2,
    status: 'FAILED',
    type: 'order.paid',
    url: 'https://93.184.215.9/Special',
    kind: 'HTTP_5XX',
    age: 600_000,
  })
  const now = await seed({ tenant, webhook: w1, status: 'DELIVERED' })

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

test('a filter says everything that is wrong with it', async () => {
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

test("another tenant's deliveries, attempts and figures are not there", async () => {
  const { id: webhook } = await makeWebhook()
  const delivery = await seed({ webhook, status: 'DEAD_LETTER' })
  const attempt = await seedAttempt(webhook, delivery, 1)
  const installation = await makeWebhook({}, { role: 'ADMIN' })
  const systemTest = await seedAttempt(installation.id, null, 1)

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

/** Statements that `work` sends through the pool. */
/** The least that it takes: now and then something that is kept between requests is read anew. */
async function statements(work: () => Promise<unknown>): Promise<number> {
  return Math.min(await statementsOnce(work), await statementsOnce(work), await statementsOnce(work))
}

async function statementsOnce(work: () => Promise<unknown>): Promise<number> {
  const { pool } = app.core.db
  const query = pool.query.bind(pool)
  let count = 0
  Object.assign(pool, {
    query: (...args: Parameters<typeof query>) => {
      count++
      return query(...args)
    },
  })
  try {
    await work()
    return count
  } finally {
    Object.assign(pool, { query })
  }
}

test('a delivery with all that hangs on it costs the same number of statements, however long the list', async () => {
  const as: As = { role: 'OPERATOR', tenantId: 'tenant-full' }
  const webhooks = [await makeWebhook({ eventTypes: ['a'] }, as), await makeWebhook({ eventTypes: ['a', 'b'] }, as)]
  const one = await publish({ type: 'a' }, as)
  const events = [one, ...(await Promise.all(Array.from({ length: 12 }, () => publish({ type: 'a' }, as))))]
  await app.sql(
    `UPDATE deliveries SET status = 'DEAD_LETTER', attempt_count = 2, completed_at = now() WHERE tenant_id = 'tenant-full'`,
  )
  const rows = await app.sql<{ id: string; event_id: string; webhook_id: string }>(
    `SELECT * FROM deliveries WHERE tenant_id = 'tenant-full' ORDER BY id`,
  )
  expect(rows).toHaveLength(2 * events.length)
  for (const row of rows) for (const n of [1, 2]) await seedAttempt(publicId('whk', row.webhook_id), row.id, n)
  const original = rows[0]!
  const replay = await seed({
    tenant: 'tenant-full',
    webhook: webhooks[0]!.id,
    event: original.event_id,
    replayOf: original.id,
  })

  // The newest two are the replay and a dead letter: every field of a long list is asked for in a short one as well.
  await app.ok(FULL, {}, { as })
  const many = await statements(() => app.ok(FULL, { first: 50 }, { as }))
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

test('why a delivery waits is read off its webhook first, and a deleted webhook still answers', async () => {
  const { id: webhook } = await makeWebhook({ name: 'held' })
  const delivery = await seed({ webhook, event: tryUuid('evt', await publish({ type: 'held' }))! })
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

test('figures count what the filter leaves', async () => {
  const as: As = { role: 'OPERATOR', tenantId: 'tenant-stats' }
  const tenant = 'tenant-stats'
  const { id: webhook } = await makeWebhook({}, as)
  await seed({ tenant, webhook, status: 'PENDING', age: 50_000 })
  await seed({ tenant, webhook, status: 'FAILED', attempts: 2, age: 40_000 })
  await seed({ tenant, webhook, status: 'FAILED', attempts: 1 })
  for (const latency of [10, 20, 30]) {
    const delivered = await seed({ tenant, webhook, status: 'DELIVERED', attempts: 1, latency })
    await seedAttempt(webhook, delivered, 1, null)
  }
  await seed({ tenant, webhook, status: 'DEAD_LETTER', attempts: 3, age: 20_000 })
  await seed({ tenant, webhook, status: 'CANCELLED' })
  await seed({ tenant: 'tenant-acme', webhook, status: 'PENDING' })

  type Stats = {
    pending: number
    timeline: { start: string; delivered: number; failed: number; deadLetter: number }[]
    oldestPendingAt: string
    latencyP95Ms: number
    deliveredPerSecond: number
  }
  const { deliveryStats: stats } = await app.ok<{ deliveryStats: Stats }>(
    `{ deliveryStats(filter: { window: LAST_15M }) { pending nearFailure delivered failed deadLetter successRate oldestPendingAt deliveredPerSecond
       latencyP95Ms timeline(buckets: 3) { start delivered failed deadLetter } } }`,
    {},
    { as },
  )
  expect(stats).toMatchObject({ pending: 3, nearFailure: 1, delivered: 3, failed: 2, deadLetter: 1, successRate: 0.75 })
  expect(stats.deliveredPerSecond).toBeCloseTo(3 / 60)
  expect(stats.latencyP95Ms).toBeCloseTo(29)
  expect(Date.now() - Date.parse(stats.oldestPendingAt)).toBeGreaterThan(49_000)
  expect(stats.timeline.map(({ delivered, failed, deadLetter }) => [delivered, failed, deadLetter])).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [3, 2, 1],
  ])
  expect(Date.parse(stats.timeline[1]!.start) - Date.parse(stats.timeline[0]!.start)).toBe(300_000)

  for (const buckets of [0, 501]) {
    const failure = await app.fails(
      'query ($n: Int) { deliveryStats { timeline(buckets: $n) { start } } }',
      { n: buckets },
      { as },
    )
    expect(failure).toMatchObject({ code: 'BAD_USER_INPUT', path: ['buckets'] })
  }
})

const TEST = `mutation ($id: ID!) { testWebhook(id: $id) { attempt { id number statusCode errorKind error requestHeaders responseHeaders responseBody } } }`
interface Tested {
  testWebhook: {
    attempt: {
      id: string
      statusCode: number | null
      errorKind: string | null
      requestHeaders: Record<string, string>
      [field: string]: unknown
    }
  }
}

test('a test sends a signed request whatever the state, keeps it as an attempt of no delivery, and counts for nothing', async () => {
  const receiver = await startReceiver(ok(200, 'hello', { 'set-cookie': 'session=1' }))
  try {
    const { id, secret } = await makeWebhook({
      url: `${receiver.url}/in`,
      headers: { Authorization: 'Bearer hush', 'X-Team': 't' },
    })
    await app.sql(`UPDATE webhooks SET state = 'DISABLED', circuit = 'OPEN' WHERE id = $1`, [tryUuid('whk', id)])
    const { attempt } = (await app.ok<Tested>(TEST, { id }, { as: ACME })).testWebhook
    expect(attempt).toMatchObject({
      number: 1,
      statusCode: 200,
      errorKind: null,
      error: null,
      responseBody: 'hello',
      responseHeaders: { 'set-cookie': '[redacted]' },
      requestHeaders: { Authorization: '[redacted]', 'X-Team': 't' },
    })
    const [request] = receiver.requests
    expect(request?.headers).toMatchObject({ authorization: 'Bearer hush', 'x-team': 't' })
    const verified = new StandardWebhook(secret).verify(request!.body, request!.headers as Record<string, string>)
    expect(verified).toMatchObject({ type: 'webhook.test' })
    expect(
      await app.sql('SELECT delivery_id FROM delivery_attempts WHERE id = $1', [tryUuid('att', attempt.id)]),
    ).toEqual([{ delivery_id: null }])
    const { node } = await app.ok<{ node: { health: { total: number } } }>(
      'query ($id: ID!) { node(id: $id) { ... on Webhook { health { total } } } }',
      { id },
      { as: ACME },
    )
    expect(node.health.total).toBe(0)

    const rotated = await app.ok<{ rotateWebhookSecret: { secret: string } }>(
      'mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret } }',
      { id },
      { as: ACME },
    )
    await app.ok<Tested>(TEST, { id }, { as: ACME })
    const second = receiver.requests[1]!
    for (const each of [secret, rotated.rotateWebhookSecret.secret]) {
      new StandardWebhook(each).verify(second.body, second.headers as Record<string, string>)
    }
  } finally {
    await receiver.close()
  }
})

test('a receiver that fails, hangs or is not there is an attempt with an error', async () => {
  const receiver = await startReceiver(status(500, {}, 'broken'))
  const { id } = await makeWebhook({ url: receiver.url, timeoutMs: 200 })
  const outcome = async () => (await app.ok<Tested>(TEST, { id }, { as: ACME })).testWebhook.attempt
  try {
    expect(await outcome()).toMatchObject({ statusCode: 500, errorKind: 'HTTP_5XX', responseBody: 'broken' })
    receiver.behave(hang())
    expect(await outcome()).toMatchObject({ statusCode: null, errorKind: 'TIMEOUT', responseHeaders: null })
  } finally {
    await receiver.close()
  }
  expect(await outcome()).toMatchObject({ statusCode: null, errorKind: 'CONNECT' })
})

test('replaying and cancelling through the API', async () => {
  const { id: webhook } = await makeWebhook({ eventTypes: ['replayed'] })
  const event = await publish({ type: 'replayed' })
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

test("an event's explanation shows a viewer its own webhooks only", async () => {
  const mine = await makeWebhook({ name: 'mine', eventTypes: ['other.*'] })
  const everywhere = await makeWebhook({ name: 'everywhere', minSeverity: 'CRITICAL' }, { role: 'ADMIN' })
  const theirs = await makeWebhook({ name: 'theirs' }, OTHER)
  const event = await publish({ type: 'explained' })
  const later = await makeWebhook({ name: 'later' })
  const explain = async (as: As) => {
    const { node } = await app.ok<{
      node: { deliveryExplanation: { webhook: { id: string }; outcome: string; reason: string }[] }
    }>(
      'query ($id: ID!) { node(id: $id) { ... on Event { deliveryExplanation { webhook { id } outcome reason } } } }',
      { id: event },
      { as },
    )
    return new Map(node.deliveryExplanation.map((row) => [row.webhook.id, row]))
  }
  const bound = await explain(ACME)
  expect(bound.get(mine.id)).toMatchObject({
    outcome: 'NOT_SUBSCRIBED',
    reason: 'its globs [other.*] do not match explained',
  })
  expect(bound.get(later.id)).toMatchObject({ outcome: 'WEBHOOK_CREATED_LATER' })
  expect([bound.has(everywhere.id), bound.has(theirs.id)]).toEqual([false, false])
  const unbound = await explain({ role: 'VIEWER' })
  expect(unbound.get(everywhere.id)).toMatchObject({
    outcome: 'NOT_SUBSCRIBED',
    reason: 'its minimum severity CRITICAL is above INFO',
  })
  expect(unbound.has(theirs.id)).toBe(false)
})
