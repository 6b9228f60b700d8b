import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BulkReplayCounts } from '../features/bulk-replay.ts'
import { until } from '../harness.ts'
import { type Behaviour, ok, type Receiver, startReceiver, status } from '../servers/receivers.ts'
import { createInstallation, type Installation } from './installation.ts'
import { accepted, startLoad } from './load.ts'

const TIMEOUT = 240_000
const SETTLE_MS = 60_000
/**
 * Number of events in each of the three loads: around the beginning of the outage, around its end, and during the bulk
 * replay.
 */
const EVENTS = 600
/** The outage ends when this many deliveries are dead. */
const DEAD = 100

let installation: Installation
let receiver: Receiver
let broken: Receiver
beforeAll(async () => {
  installation = await createInstallation()
  await installation.startApi()
  await installation.startWorker()
  receiver = await startReceiver(ok())
  broken = await startReceiver(status(503))
}, TIMEOUT)
afterAll(async () => {
  await installation?.close()
  await receiver?.close()
  await broken?.close()
}, TIMEOUT)

const graphql = <Data>(document: string, variables: object = {}) => installation.graphql<Data>(document, variables)

async function createWebhook(name: string, url: string, over: object): Promise<string> {
  const input = { name, url, tenantId: 'tenant-1', circuitBreaker: false, ...over }
  const { createWebhook } = await graphql<{ createWebhook: { webhook: { id: string } } }>(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
    { input },
  )
  return createWebhook.webhook.id
}

interface Stats {
  pending: number
  unrecovered: number
  recovered: number
}

async function statsOf(webhookId: string): Promise<Stats> {
  const { deliveryStats } = await graphql<{ deliveryStats: Stats }>(
    'query ($filter: DeliveryFilter) { deliveryStats(filter: $filter) { pending unrecovered recovered } }',
    { filter: { webhookIds: [webhookId], window: 'ALL' } },
  )
  return deliveryStats
}

/** Waits until a webhook has no open deliveries. */
const settled = (webhookId: string) =>
  until(
    'no delivery is open',
    async () => {
      const stats = await statsOf(webhookId)
      return stats.pending === 0 && stats
    },
    SETTLE_MS,
  )

interface Suggestion {
  title: string
  reason: string
  count: number
  errorKind: string
  webhook: { id: string }
  filter: object
}

async function suggestionOf(webhookId: string): Promise<Suggestion[]> {
  const { replaySuggestions } = await graphql<{ replaySuggestions: Suggestion[] }>(
    '{ replaySuggestions(window: ALL) { title reason count errorKind webhook { id } filter } }',
  )
  return replaySuggestions.filter(({ webhook }) => webhook.id === webhookId)
}

const FIELDS = 'id status total replayed skipped delivered failed'

async function replayAll(filter: object): Promise<() => Promise<BulkReplayCounts>> {
  const { bulkReplayDeliveries } = await graphql<{ bulkReplayDeliveries: { bulkReplay: BulkReplayCounts } }>(
    `mutation ($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) { bulkReplay { ${FIELDS} } } }`,
    { input: { filter, canary: true, reason: 'the receiver is back', idempotencyKey: 'incident' } },
  )
  const { id } = bulkReplayDeliveries.bulkReplay
  return () =>
    until(
      'the bulk replay is finished',
      async () => {
        const { node } = await graphql<{ node: BulkReplayCounts }>(
          `query ($id: ID!) { node(id: $id) { ... on BulkReplay { ${FIELDS} } } }`,
          { id },
        )
        return node.status !== 'RUNNING' && node
      },
      SETTLE_MS,
    )
}

/**
 * A receiver that applies each event once, by its `webhook-id`. It counts the applied events by their type and the
 * number in their payload.
 */
function createIdempotentReceiver() {
  const seen = new Set<string>()
  const applied = new Map<string, number>()
  const apply = ({ headers, body }: Receiver['requests'][number]) => {
    const id = String(headers['webhook-id'])
    if (seen.has(id)) return
    seen.add(id)
    const { type, data }: { type: string; data: { i: number } } = JSON.parse(body)
    const name = `${type} ${data.i}`
    applied.set(name, (applied.get(name) ?? 0) + 1)
  }
  const healthy: Behaviour = (exchange) => {
    apply(exchange.received)
    ok()(exchange)
  }
  /** All requests fail. Every third one is applied before it fails, which the sender cannot see. */
  const down: Behaviour = (exchange) => {
    if (exchange.count % 3 === 0) apply(exchange.received)
    status(503)(exchange)
  }
  return { seen, applied, healthy, down }
}

test('a receiver is down under load: filter, suggestion, canary, bulk replay; every event is delivered, once to an idempotent receiver', {
  timeout: TIMEOUT,
}, async ({ annotate }) => {
  const { seen, applied, healthy, down } = createIdempotentReceiver()
  receiver.behave(healthy)
  const webhookId = await createWebhook('billing', receiver.url, { eventTypes: ['*.happened'], retrySchedule: [1] })
  const brokenId = await createWebhook('broken', broken.url, { eventTypes: ['begins.*'], retrySchedule: [] })

  const begins = startLoad(installation, 'begins', EVENTS)
  await accepted(begins, 0.3)
  receiver.behave(down)
  await begins.done
  await until(`${DEAD} deliveries are dead`, async () => (await statsOf(webhookId)).unrecovered >= DEAD, SETTLE_MS)
  const ends = startLoad(installation, 'ends', EVENTS)
  await accepted(ends, 0.3)
  receiver.behave(healthy)
  await ends.done
  const { unrecovered } = await settled(webhookId)
  await settled(brokenId)
  expect(unrecovered).toBeGreaterThanOrEqual(DEAD)

  const [cluster, ...others] = await suggestionOf(webhookId)
  expect(others).toEqual([])
  expect(cluster).toMatchObject({ count: unrecovered, errorKind: 'HTTP_5XX' })
  expect(cluster?.title).toContain('dead letters of billing (HTTP_5XX)')
  expect(cluster?.reason).toMatch(/The receiver was failing \(503\)\..* requests of the last 10 minutes succeeded/)
  const filter = cluster!.filter
  const { deliveries } = await graphql<{ deliveries: { totalCount: number } }>(
    'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }',
    { filter },
  )
  expect(deliveries.totalCount).toBe(unrecovered)
  const before = receiver.requests.length
  const missing = [...begins.accepted, ...ends.accepted].filter((id) => !seen.has(id))
  expect(missing.length).toBeGreaterThan(0)

  const done = await replayAll(filter)
  const beside = startLoad(installation, 'beside', EVENTS)
  await beside.done
  expect(await done()).toMatchObject({
    status: 'COMPLETED',
    total: unrecovered,
    replayed: unrecovered,
    skipped: 0,
    delivered: unrecovered,
    failed: 0,
  })

  expect(await settled(webhookId)).toEqual({ pending: 0, unrecovered: 0, recovered: unrecovered })
  const published = [begins, ends, beside]
  for (const { accepted } of published) expect([...accepted].filter((id) => !seen.has(id))).toEqual([])
  const names = published.flatMap(({ source }) => Array.from({ length: EVENTS }, (_, i) => `${source}.happened ${i}`))
  expect(applied).toEqual(new Map(names.map((name) => [name, 1])))
  // Each dead letter was sent once more. Of the delivered events, none was sent again.
  expect(receiver.requests.length - before).toBe(unrecovered + EVENTS)
  // The filter left out the receiver that is still down.
  expect(broken.requests).toHaveLength(EVENTS)
  expect(await statsOf(brokenId)).toEqual({ pending: 0, unrecovered: EVENTS, recovered: 0 })
  await annotate(`${unrecovered} deliveries died; ${missing.length} of their events had never been applied`)
})
