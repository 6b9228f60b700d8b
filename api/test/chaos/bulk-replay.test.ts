import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BulkReplayCounts } from '../features/bulk-replay.ts'
import { until } from '../harness.ts'
import { type Receiver, startReceiver } from '../servers/receivers.ts'
import { createInstallation, type Installation } from './installation.ts'

const TIMEOUT = 240_000
const COUNT = 2_000
const BATCH = 500

let installation: Installation
let receiver: Receiver
beforeAll(async () => {
  installation = await createInstallation()
  await installation.startApi()
  receiver = await startReceiver()
}, TIMEOUT)
afterAll(async () => {
  await installation?.close()
  await receiver?.close()
}, TIMEOUT)

const FIELDS = 'id status total replayed skipped delivered failed'

const graphql = <Data>(document: string, variables: object = {}) => installation.graphql<Data>(document, variables)

async function createWebhook(type: string): Promise<string> {
  const { createWebhook } = await graphql<{ createWebhook: { webhook: { id: string } } }>(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
    { input: { name: type, url: receiver.url, tenantId: 'tenant-1', eventTypes: [type], retrySchedule: [] } },
  )
  return createWebhook.webhook.id
}

async function publishMany(type: string): Promise<void> {
  for (let i = 0; i < COUNT; i += BATCH) {
    const input = Array.from({ length: BATCH }, (_, k) => ({
      type,
      source: 'test',
      tenantId: 'tenant-1',
      payload: { n: i + k },
    }))
    await graphql('mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }', { input })
  }
}

async function start(input: object): Promise<BulkReplayCounts> {
  const { bulkReplayDeliveries } = await graphql<{ bulkReplayDeliveries: { bulkReplay: BulkReplayCounts } }>(
    `mutation ($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) { bulkReplay { ${FIELDS} } } }`,
    { input },
  )
  return bulkReplayDeliveries.bulkReplay
}

async function read(id: string): Promise<BulkReplayCounts> {
  const { node } = await graphql<{ node: BulkReplayCounts }>(
    `query ($id: ID!) { node(id: $id) { ... on BulkReplay { ${FIELDS} } } }`,
    { id },
  )
  return node
}

const replaysOf = (type: string) =>
  installation.sql<{ replays: number; originals: number }>(
    `SELECT replays, count(*)::int AS originals FROM (
       SELECT count(*)::int AS replays FROM deliveries WHERE event_type = $1 AND replay_of_id IS NOT NULL GROUP BY replay_of_id) AS r
     GROUP BY replays`,
    [type],
  )

test('a worker killed in the middle of a bulk replay: every original is replayed exactly once', {
  timeout: TIMEOUT,
}, async () => {
  const type = 'killed.bulk'
  const webhookId = await createWebhook(type)
  await publishMany(type)
  await installation.sql(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = now(), next_attempt_at = NULL, wake_at = NULL, attempt_count = 1,
       last_error = 'HTTP 503', last_error_kind = 'HTTP_5XX' WHERE event_type = $1`,
    [type],
  )
  const first = await installation.startWorker()
  const { id } = await start({ filter: { webhookIds: [webhookId], statuses: ['DEAD_LETTER'] }, ratePerSecond: 400 })
  await until('a quarter arrived', async () => (await read(id)).delivered >= COUNT / 4, 60_000)
  await first.end('SIGKILL')
  expect((await read(id)).status).toBe('RUNNING')

  await installation.startWorker()
  const done = await until(
    'it is finished',
    async () => {
      const row = await read(id)
      return row.status !== 'RUNNING' && row
    },
    120_000,
  )
  expect(done).toMatchObject({ status: 'COMPLETED', total: COUNT, replayed: COUNT, skipped: 0, delivered: COUNT })
  expect(await replaysOf(type)).toEqual([{ replays: 1, originals: COUNT }])
})
