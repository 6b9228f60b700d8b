import { Webhook as Verifier } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestClock, startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { ok, type Receiver, startReceiver, status } from '../../../test/servers/receivers.ts'

const CREATE = `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { id } } }`
const PUBLISH = `mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }`
const DELIVERIES = `query ($filter: DeliveryFilter) { deliveries(filter: $filter, first: 100) { nodes {
  id status holdReason attemptCount maxAttempts nextAttemptAt completedAt lastStatusCode lastError lastErrorKind
  attempts { number statusCode errorKind requestHeaders responseBody } replayOf { id } replays { id } webhook { circuit state disabledReason } } } }`

interface Shown {
  id: string
  status: string
  holdReason: string | null
  attemptCount: number
  maxAttempts: number
  nextAttemptAt: string | null
  lastErrorKind: string | null
  attempts: {
    number: number
    statusCode: number | null
    requestHeaders: Record<string, string>
    responseBody: string | null
  }[]
  replayOf: { id: string } | null
  replays: { id: string }[]
  webhook: { circuit: string; state: string; disabledReason: string | null }
}

let app: TestApp
let receiver: Receiver

beforeEach(async () => {
  // No jitter, and sweeps by the real clock that are frequent enough for the tests.
  const clock = createTestClock()
  app = await startTestApp({ worker: true, clock, random: () => 0.5, env: { SWEEP_INTERVAL_MS: '50' } })
  receiver = await startReceiver()
  return async () => {
    await app.stop()
    await receiver.close()
  }
})
afterEach(() => receiver.close())

const webhook = async (input: object = {}) => {
  const made = await app.ok<{ createWebhook: { secret: string; webhook: { id: string } } }>(CREATE, {
    input: { name: 'receiver', url: receiver.url, eventTypes: [], tenantId: 'tenant-1', ...input },
  })
  return { ...made.createWebhook.webhook, secret: made.createWebhook.secret }
}
const publish = (n = 1, input: object = {}) =>
  Promise.all(
    Array.from({ length: n }, (_, i) =>
      app.ok<{ publishEvent: { event: { id: string } } }>(PUBLISH, {
        input: { type: 'order.created', source: 'shop', tenantId: 'tenant-1', payload: { i }, ...input },
      }),
    ),
  )
const deliveries = async (filter: object = {}) =>
  (await app.ok<{ deliveries: { nodes: Shown[] } }>(DELIVERIES, { filter })).deliveries.nodes
const one = async () => (await deliveries())[0]!
const attempted = (n: number) => until(`attempt ${n}`, async () => (await one()).attemptCount === n && one())

describe('the lifecycle of a delivery', () => {
  test('an event is delivered once, signed, and recorded with request and response', async () => {
    receiver.behave(ok(200, 'thank you'))
    const { secret } = await webhook({ headers: { authorization: 'Bearer hidden', 'x-team': 'shop' } })
    const [published] = await publish()
    const delivery = await until('delivered', async () => (await deliveries({ statuses: ['DELIVERED'] }))[0])

    const [request, ...more] = receiver.requests
    expect(more).toEqual([])
    expect(request!.headers).toMatchObject({
      'webhook-id': published!.publishEvent.event.id,
      authorization: 'Bearer hidden',
      'x-team': 'shop',
    })
    const seen = new Verifier(secret).verify(request!.body, request!.headers as Record<string, string>)
    expect(seen).toMatchObject({ type: 'order.created', source: 'shop', data: { i: 0 } })
    expect(delivery).toMatchObject({ attemptCount: 1, nextAttemptAt: null, holdReason: null })
    expect(delivery.attempts).toEqual([
      expect.objectContaining({ number: 1, statusCode: 200, responseBody: 'thank you' }),
    ])
    expect(delivery.attempts[0]!.requestHeaders).toMatchObject({ 'x-team': 'shop', authorization: '[redacted]' })
  })

  test('retries follow the schedule until the dead letter, and a replay sends the same request again', async () => {
    receiver.behave(status(500, {}, 'broken'))
    await webhook({ retrySchedule: [60, 600] })
    await publish()

    const first = await attempted(1)
    expect(first).toMatchObject({ status: 'FAILED', lastErrorKind: 'HTTP_5XX', maxAttempts: 3 })
    await app.travel(30_000)
    await app.delivering!.sweep.once()
    await app.delivering!.engine.idle()
    expect(receiver.requests).toHaveLength(1)
    await app.travel(31_000)
    await attempted(2)
    await app.travel(550_000)
    await app.delivering!.sweep.once()
    await app.delivering!.engine.idle()
    expect(receiver.requests).toHaveLength(2)
    await app.travel(51_000)
    const dead = await attempted(3)
    expect(dead).toMatchObject({ status: 'DEAD_LETTER', nextAttemptAt: null })
    expect(dead.attempts.map(({ number }) => number)).toEqual([1, 2, 3])

    receiver.behave(ok())
    const replayed = await app.ok<{
      replayDelivery: { delivery: { id: string }; original: { id: string; status: string } }
    }>(`mutation ($id: ID!) { replayDelivery(id: $id) { delivery { id } original { id status } } }`, { id: dead.id })
    expect(replayed.replayDelivery.original).toEqual({ id: dead.id, status: 'DEAD_LETTER' })
    const [replay] = await until('the replay delivered', async () => {
      const found = await deliveries({ statuses: ['DELIVERED'] })
      return found.length > 0 && found
    })
    expect(replay).toMatchObject({
      id: replayed.replayDelivery.delivery.id,
      replayOf: { id: dead.id },
      attemptCount: 1,
    })
    expect(new Set(receiver.requests.map(({ body, headers }) => `${headers['webhook-id']} ${body}`)).size).toBe(1)
  })

  test('Retry-After is respected if it is longer than the schedule', async () => {
    receiver.behave(status(429, { 'retry-after': '120' }))
    await webhook({ retrySchedule: [5] })
    await publish()
    const failed = await attempted(1)
    expect(failed.lastErrorKind).toBe('HTTP_429')
    expect(Date.parse(failed.nextAttemptAt!) - Date.now()).toBeGreaterThan(110_000)
  })
})

describe('replay', () => {
  const REPLAY = `mutation ($id: ID!, $force: Boolean) { replayDelivery(id: $id, force: $force) { delivery { id status } original { id status } } }`

  test('a second concurrent replay is CONFLICT unless forced, and a replay of a retrying delivery replaces it', async () => {
    receiver.behave(status(500))
    await webhook({ retrySchedule: [3600] })
    await publish()
    const failed = await attempted(1)
    const first = await app.ok<{ replayDelivery: { delivery: { id: string }; original: { status: string } } }>(REPLAY, {
      id: failed.id,
    })
    expect(first.replayDelivery.original.status).toBe('CANCELLED')
    await until('the replay failed too', async () => (await deliveries({ statuses: ['FAILED'] })).length === 1)

    const refused = await app.fails(REPLAY, { id: failed.id })
    expect(refused).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(first.replayDelivery.delivery.id),
    })
    await app.ok(REPLAY, { id: failed.id, force: true })
    expect(await app.sql('SELECT 1 FROM deliveries WHERE replay_of_id IS NOT NULL')).toHaveLength(2)
  })

  test('one of two simultaneous replays is refused', async () => {
    receiver.behave(status(500))
    await webhook({ retrySchedule: [] })
    await publish()
    const dead = await attempted(1)
    await app.ok(`mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { id } } }`, {
      id: (await app.ok<{ webhooks: { nodes: { id: string }[] } }>('{ webhooks { nodes { id } } }')).webhooks.nodes[0]!
        .id,
    })
    const answers = await Promise.all([1, 2, 3, 4].map(() => app.gql<unknown>(REPLAY, { id: dead.id })))
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1)
    expect(await app.sql('SELECT 1 FROM deliveries WHERE replay_of_id IS NOT NULL')).toHaveLength(1)
  })

  test('a delivered delivery is replayed only if forced; another tenant gets NOT_FOUND', async () => {
    await webhook()
    await publish()
    const delivered = await until('delivered', async () => (await deliveries({ statuses: ['DELIVERED'] }))[0])
    expect(await app.fails(REPLAY, { id: delivered.id })).toMatchObject({ code: 'CONFLICT' })
    const stranger = { as: { role: 'OPERATOR', tenantId: 'tenant-2' } } as const
    expect(await app.fails(REPLAY, { id: delivered.id, force: true }, stranger)).toMatchObject({ code: 'NOT_FOUND' })
    await app.ok(REPLAY, { id: delivered.id, force: true })
    await until('sent again', () => receiver.requests.length === 2)
  })
})

describe('a receiver that fails', () => {
  test('opens the circuit: other deliveries wait without using attempts, a probe detects recovery, and the backlog is sent', async () => {
    receiver.behave(status(503))
    await webhook({ maxConcurrency: 1, retrySchedule: [1, 2, 3600] })
    await publish(30)
    await until('the circuit open', async () => (await one()).webhook.circuit === 'OPEN')
    await app.delivering!.engine.idle()
    expect(receiver.requests).toHaveLength(10)
    const held = (await deliveries()).filter(({ attemptCount }) => attemptCount === 0)
    expect(held).toHaveLength(20)
    expect(new Set(held.map(({ holdReason }) => holdReason))).toEqual(new Set(['CIRCUIT_OPEN']))

    // A failed probe uses no attempt of its delivery.
    await app.travel(31_000)
    await until('a probe', () => receiver.requests.length === 11)
    const probed = await until('the probe recorded', async () =>
      (await deliveries()).find(({ maxAttempts }) => maxAttempts === 5),
    )
    expect(probed.status).toBe('FAILED')

    receiver.behave(ok())
    await app.travel(61_000)
    await until('everything delivered', async () => {
      await app.travel(1_000)
      return (await deliveries({ statuses: ['DELIVERED'] })).length === 30
    })
    expect((await one()).webhook.circuit).toBe('CLOSED')
  })

  test('that answers 410 is disabled with a reason; nothing is sent until it is resumed', async () => {
    receiver.behave(status(410))
    const { id } = await webhook({ maxConcurrency: 1 })
    await publish(3)
    await until('disabled', async () => (await one()).webhook.state === 'DISABLED')
    // The event is stored with the change of the webhook.
    expect(
      await app.sql(`SELECT severity, payload->>'reason' AS reason FROM events WHERE type = 'webhook.disabled'`),
    ).toEqual([{ severity: 'ERROR', reason: (await one()).webhook.disabledReason }])
    await app.delivering!.engine.idle()
    const open = (await deliveries()).filter(({ status }) => status === 'PENDING')
    expect(open.every(({ holdReason }) => holdReason === 'WEBHOOK_DISABLED')).toBe(true)
    expect((await one()).webhook.disabledReason).toContain('410')
    receiver.behave(ok())
    await app.ok('mutation ($id: ID!) { resumeWebhook(id: $id) { webhook { state } } }', { id })
    await until(
      'the rest delivered',
      async () => (await deliveries({ statuses: ['DELIVERED'] })).length === open.length,
    )
  })

  test('that fails for 5 days is disabled', async () => {
    receiver.behave(status(500))
    await webhook({ circuitBreaker: false, retrySchedule: [86_400, 86_400, 86_400, 86_400, 86_400, 86_400] })
    await publish()
    for (let attempt = 1; attempt <= 6; attempt++) {
      await attempted(attempt)
      await app.travel(86_400_500)
    }
    await until('disabled', async () => (await one()).webhook.disabledReason === 'All attempts failed for 5 days.')
  })

  test('a delivery is cancelled after its time to live', async () => {
    const { id } = await webhook()
    await app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { state } } }', { id })
    await publish()
    expect(await one()).toMatchObject({ status: 'PENDING', holdReason: 'WEBHOOK_PAUSED' })
    await app.travel(169 * 3_600_000)
    await app.delivering!.sweep.once()
    expect(await one()).toMatchObject({ status: 'CANCELLED', attemptCount: 0 })
  })
})
