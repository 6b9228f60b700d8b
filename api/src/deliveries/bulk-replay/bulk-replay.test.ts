import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  finished,
  makeDeadLetters,
  readBulkReplay,
  replaysPerOriginal,
  startBulkReplay,
} from '../../../test/features/bulk-replay.ts'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { hang, ok, type Receiver, startReceiver, status } from '../../../test/servers/receivers.ts'
import { subscribe } from '../../../test/streams.ts'
import { tryUuid } from '../../kit/ids.ts'

let app: TestApp
let receiver: Receiver
beforeAll(async () => {
  app = await startTestApp({ worker: true, env: { DATABASE_POOL: '12' } })
  receiver = await startReceiver()
})
afterAll(async () => {
  await app.stop()
  await receiver.close()
})

test('one mutation replays ten thousand dead letters, each once, and the progress is published', {
  timeout: 300_000,
}, async () => {
  receiver.behave(ok())
  const count = 10_000
  const { webhookId, ids } = await makeDeadLetters(app, receiver.url, count)
  receiver.requests.length = 0
  const started = await startBulkReplay(app, { deliveryIds: ids, reason: 'the shop is back' })
  expect(started).toMatchObject({ status: 'RUNNING', total: count, isSelected: true })
  const stream = await subscribe<{ bulkReplay: { status: string; delivered: number } }>(
    app,
    'subscription ($id: ID!) { bulkReplay(id: $id) { status delivered } }',
    { id: started.id },
    { role: 'VIEWER', tenantId: 'tenant-acme' },
  )
  const done = await finished(app, started.id, 240_000)
  expect(done).toMatchObject({
    status: 'COMPLETED',
    total: count,
    replayed: count,
    skipped: 0,
    delivered: count,
    failed: 0,
  })
  expect(await replaysPerOriginal(app, webhookId)).toEqual({ 1: count })
  expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(count)
  await until('the stream ends', () => stream.ended)
  expect(stream.results.at(-1)?.bulkReplay).toEqual({ status: 'COMPLETED', delivered: count })
  expect(stream.results.length).toBeGreaterThan(2)
  const { deliveries } = await app.ok<{ deliveries: { totalCount: number } }>(
    'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }',
    { filter: { webhookIds: [webhookId], recovered: false } },
  )
  expect(deliveries.totalCount).toBe(0)
})

test('two bulk replays over the same deliveries at once replay each original once', async () => {
  receiver.behave(ok())
  const { webhookId } = await makeDeadLetters(app, receiver.url, 300)
  const filter = { webhookIds: [webhookId], statuses: ['DEAD_LETTER'] }
  const [one, two] = await Promise.all([startBulkReplay(app, { filter }), startBulkReplay(app, { filter })])
  const ended = await Promise.all([finished(app, one.id), finished(app, two.id)])
  expect(ended.map(({ total }) => total)).toEqual([300, 300])
  expect(ended[0].replayed + ended[1].replayed).toBe(300)
  expect(ended[0].skipped + ended[1].skipped).toBe(300)
  const reasons = new Set(ended.flatMap(({ skips }) => skips.map(({ reason }) => reason)))
  expect([...reasons].every((reason) => ['ALREADY_RECOVERED', 'REPLAY_UNDER_WAY'].includes(reason))).toBe(true)
  expect(await replaysPerOriginal(app, webhookId)).toEqual({ 1: 300 })
})

test('a failed canary skips the rest of its webhook, and another webhook continues', async () => {
  const broken = await startReceiver(status(500))
  receiver.behave(ok())
  const bad = await makeDeadLetters(app, broken.url, 40, { webhook: { retrySchedule: [] } })
  const good = await makeDeadLetters(app, receiver.url, 40)
  const { id } = await startBulkReplay(app, { deliveryIds: [...bad.ids, ...good.ids], canary: true })
  const done = await finished(app, id)
  expect(done).toMatchObject({ status: 'COMPLETED', total: 80, replayed: 41, delivered: 40, failed: 1, skipped: 39 })
  expect(done.skips).toEqual([{ reason: 'CANARY_FAILED', count: 39 }])
  expect(broken.requests).toHaveLength(1)
  const { node } = await app.ok<{
    node: { items: { nodes: { skipReason: string; original: { webhook: { id: string } } }[] } }
  }>(
    `query ($id: ID!) { node(id: $id) { ... on BulkReplay { items(first: 100, outcome: SKIPPED) { nodes { skipReason replay { id } original { webhook { id } } } } } } }`,
    { id },
  )
  expect(node.items.nodes).toHaveLength(39)
  expect(
    node.items.nodes.every(
      ({ skipReason, original }) => skipReason === 'CANARY_FAILED' && original.webhook.id === bad.webhookId,
    ),
  ).toBe(true)
  await broken.close()
})

test('failures in a row of one kind stop the rest of a webhook', async () => {
  const broken = await startReceiver(status(500))
  const { ids } = await makeDeadLetters(app, broken.url, 600, { webhook: { retrySchedule: [], circuitBreaker: false } })
  const { id } = await startBulkReplay(app, { deliveryIds: ids, stopAfterFailures: 20 })
  const done = await finished(app, id)
  expect(done.status).toBe('COMPLETED')
  expect(done.failed).toBe(done.replayed)
  expect(done.replayed).toBeGreaterThanOrEqual(20)
  expect(done.replayed + done.skipped).toBe(600)
  expect(done.skips).toEqual([{ reason: 'STOPPED', count: 600 - done.replayed }])
  await broken.close()
})

test('a cancelled bulk replay sends nothing more, and its counts add up', async () => {
  receiver.behave(ok())
  const { webhookId, ids } = await makeDeadLetters(app, receiver.url, 500)
  const { id } = await startBulkReplay(app, { deliveryIds: ids, ratePerSecond: 50 })
  await until('some arrived', async () => (await readBulkReplay(app, id)).delivered > 0)
  const { cancelBulkReplay } = await app.ok<{
    cancelBulkReplay: { bulkReplay: { status: string; replayed: number; skipped: number } }
  }>('mutation ($id: ID!) { cancelBulkReplay(id: $id) { bulkReplay { status replayed skipped } } }', { id })
  const { replayed } = cancelBulkReplay.bulkReplay
  expect(cancelBulkReplay.bulkReplay).toEqual({ status: 'CANCELLED', replayed, skipped: 500 - replayed })
  const settled = await until('the replays that went out have arrived', async () => {
    const row = await readBulkReplay(app, id)
    return row.delivered + row.failed === row.replayed && row
  })
  expect(settled).toMatchObject({ replayed, skipped: 500 - replayed, delivered: replayed })
  const recovered = await app.sql('SELECT FROM deliveries WHERE webhook_id = $1 AND recovered_by_id IS NOT NULL', [
    tryUuid('whk', webhookId),
  ])
  expect(recovered).toHaveLength(replayed)
  const live = await app.sql(
    `SELECT FROM deliveries WHERE replay_of_id IS NOT NULL AND webhook_id = (SELECT id FROM webhooks WHERE name = $1) AND status <> 'CANCELLED'`,
    [await nameOf(webhookId)],
  )
  expect(live).toHaveLength(replayed)
  const again = await app.fails('mutation ($id: ID!) { cancelBulkReplay(id: $id) { bulkReplay { id } } }', { id })
  expect(again.code).toBe('CONFLICT')
})

test('a cancellation cancels replays that no worker processes', async () => {
  const silent = await startReceiver(hang())
  const { ids, webhookId } = await makeDeadLetters(app, silent.url, 100, { webhook: { maxConcurrency: 2 } })
  const { id } = await startBulkReplay(app, { deliveryIds: ids })
  await until('two are in flight', () => silent.requests.length === 2)
  await app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { id } } }', { id: webhookId })
  await until('the others are handed back', async () => {
    const leased = await app.sql(
      `SELECT FROM deliveries WHERE replay_of_id = ANY($1::uuid[]) AND lease_until > db_now()`,
      [ids.map((delivery) => tryUuid('dlv', delivery))],
    )
    return leased.length === 2
  })
  const { cancelBulkReplay } = await app.ok<{
    cancelBulkReplay: { bulkReplay: { replayed: number; skipped: number } }
  }>('mutation ($id: ID!) { cancelBulkReplay(id: $id) { bulkReplay { replayed skipped } } }', { id })
  expect(cancelBulkReplay.bulkReplay).toEqual({ replayed: 2, skipped: 98 })
  await silent.close()
})

test('a paused bulk replay waits, and continues where it stopped', async () => {
  receiver.behave(ok())
  const { ids } = await makeDeadLetters(app, receiver.url, 200)
  const { id } = await startBulkReplay(app, { deliveryIds: ids, ratePerSecond: 40 })
  const pause = (paused: boolean) =>
    app.ok<{ pauseBulkReplay: { bulkReplay: { replayed: number; paused: boolean } } }>(
      'mutation ($id: ID!, $paused: Boolean!) { pauseBulkReplay(id: $id, paused: $paused) { bulkReplay { replayed paused } } }',
      { id, paused },
    )
  await until('it has begun', async () => (await readBulkReplay(app, id)).replayed > 0)
  const { replayed } = (await pause(true)).pauseBulkReplay.bulkReplay
  await until('what was replayed has arrived', async () => (await readBulkReplay(app, id)).delivered === replayed)
  expect(await readBulkReplay(app, id)).toMatchObject({ status: 'RUNNING', replayed, paused: true })
  await pause(false)
  expect(await finished(app, id)).toMatchObject({ status: 'COMPLETED', delivered: 200 })
})

test('after Redis was emptied in the middle it continues, and each original is replayed once', async () => {
  receiver.behave(ok())
  const { webhookId } = await makeDeadLetters(app, receiver.url, 400)
  const { id } = await startBulkReplay(app, { filter: { webhookIds: [webhookId] }, ratePerSecond: 150 })
  await until('some arrived', async () => (await readBulkReplay(app, id)).delivered > 0)
  const { redis, env } = app.core
  for await (const keys of redis.scanStream({ match: `*${env.REDIS_PREFIX}*`, count: 1_000 }))
    if (keys.length > 0) await redis.unlink(...(keys as string[]))
  expect(await finished(app, id)).toMatchObject({ status: 'COMPLETED', replayed: 400, delivered: 400 })
  expect(await replaysPerOriginal(app, webhookId)).toEqual({ 1: 400 })
})

async function nameOf(webhookId: string): Promise<string> {
  const { node } = await app.ok<{ node: { name: string } }>(
    'query ($id: ID!) { node(id: $id) { ... on Webhook { name } } }',
    {
      id: webhookId,
    },
  )
  return node.name
}
