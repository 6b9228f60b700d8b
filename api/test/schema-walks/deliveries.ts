import { newId, publicId } from '../../src/kit/ids.ts'
import type { TestApp } from '../harness.ts'
import { publishOf } from './events.ts'
import { byId, create, register, type Tenant } from './register.ts'
import { newWebhook } from './webhooks.ts'

async function newDelivery(app: TestApp, tenant: Tenant): Promise<string> {
  const webhook = await newWebhook(app, tenant, [`${tenant.mark}.*`])
  await publishOf(app, tenant)
  const { deliveries } = await app.ok<{ deliveries: { nodes: { id: string }[] } }>(
    `{ deliveries(filter: { webhookIds: ["${webhook}"] }) { nodes { id } } }`,
  )
  return deliveries.nodes[0]!.id
}

register('deliveries', {
  fresh: {
    delivery: newDelivery,
    bulkReplay: async (app, tenant) =>
      create(
        app,
        `bulkReplayDeliveries(input: { deliveryIds: ["${await newDelivery(app, tenant)}"] }) { created: bulkReplay { id } }`,
      ),
  },
  async own(app, { tenantId, mark, ids }) {
    await failAll(app, `tenant_id = '${tenantId}'`, mark)
    const { replay } = await app.ok<{ replay: { created: { id: string } } }>(
      `mutation {
        replayDelivery(id: "${ids.delivery}") { delivery { id } }
        pauseWebhook(id: "${ids.webhook}") { webhook { id } }
        replay: bulkReplayDeliveries(input: { deliveryIds: ["${ids.delivery}"], reason: "${mark}" }) { created: bulkReplay { id } } }`,
      {},
      { as: { role: 'ADMIN', tenantId } },
    )
    return { bulkReplay: replay.created.id }
  },
  tables: {
    deliveries: { ids: 'dlv' },
    delivery_attempts: { tenant: '(SELECT tenant_id FROM webhooks WHERE id = webhook_id)', ids: 'att' },
    bulk_replays: { ids: 'blk' },
  },
  mutations: {
    replayDelivery: byId('delivery.replay', ', force: true'),
    cancelDelivery: byId('delivery.cancel', ', reason: "not wanted"'),
    cancelDeliveries: {
      on: 'delivery',
      args: ({ id }) => `input: { deliveryIds: ["${id}"], reason: "not wanted" }`,
      action: 'delivery.cancelMany',
      targetType: 'deliveries',
      targetId: () => 'ids',
      tenantId: null,
    },
    bulkReplayDeliveries: {
      on: 'delivery',
      args: ({ id }) => `input: { deliveryIds: ["${id}"] }`,
      action: 'bulkReplay.start',
      targetId: 'new',
    },
    cancelBulkReplay: byId('bulkReplay.cancel'),
    pauseBulkReplay: byId('bulkReplay.pause', ', paused: true'),
  },
  subscriptions: {
    deliveries: {
      args: ({ tenantId }) => `(filter: { tenantId: "${tenantId}" })`,
      select: '{ id eventType tenantId webhook { name } }',
    },
    deliveryStats: {
      args: ({ tenantId }) => `(tenantId: "${tenantId}")`,
      select: '{ pending delivered deadLetter }',
      empty: { pending: 0, delivered: 0, deadLetter: 0 },
      // The present state, and the state after the change.
      updates: 2,
    },
    bulkReplay: { args: ({ ids }) => `(id: "${ids.bulkReplay}")`, select: '{ total reason }', ownTest: true },
  },
  async many(app) {
    const originals = await app.sql<{ id: string }>(
      'SELECT id FROM deliveries d WHERE replay_of_id IS NULL AND NOT EXISTS (SELECT FROM deliveries WHERE replay_of_id = d.id)',
    )
    const replay = 'mutation ($id: ID!) { replayDelivery(id: $id, force: true) { delivery { id } } }'
    await Promise.all(originals.map(({ id }) => app.ok(replay, { id: publicId('dlv', id) })))
    await failAll(app, 'true', 'no')
    await app.sql(
      'UPDATE deliveries d SET recovered_by_id = r.id FROM deliveries r WHERE r.replay_of_id = d.id AND hashtext(d.id::text) % 2 = 0',
    )
    await app.sql(
      `WITH replay AS (SELECT d.id AS delivery, d.replay_of_id AS original, d.webhook_id, gen_random_uuid() AS id FROM deliveries d
           WHERE d.replay_of_id IS NOT NULL AND NOT EXISTS (SELECT FROM bulk_replay_items i WHERE i.replay_id = d.id)),
         bulk AS (INSERT INTO bulk_replays (id, status, started_by_kind, started_by_id, canary, skip_unhealthy, force, stop_after_failures,
             input_hash, selected_at, is_selected, total, skips, created_at)
           SELECT id, 'COMPLETED', 'USER', 'me', true, false, false, 20, id::text, now(), true, 1, '{"UNLIKELY": 1}', now() FROM replay)
       INSERT INTO bulk_replay_items (bulk_replay_id, delivery_id, webhook_id, state, replay_id)
         SELECT id, original, webhook_id, 'FAILED', delivery FROM replay`,
    )
  },
  bounded: ['failureCauses'],
  unfilled: ['ReplaySuggestion'],
  outOfReach: ['BulkReplayPreview'],
})

/** Turns the deliveries that match an SQL condition into dead letters, each with a failed attempt. */
async function failAll(app: TestApp, condition: string, error: string): Promise<void> {
  await app.sql(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = now(), next_attempt_at = NULL, last_error_kind = 'TIMEOUT', last_error = $1
     WHERE ${condition}`,
    [error],
  )
  const deliveries = await app.sql<{ id: string }>(
    `SELECT id FROM deliveries d WHERE ${condition} AND NOT EXISTS (SELECT FROM delivery_attempts a WHERE a.delivery_id = d.id)`,
  )
  await app.sql(
    `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, error_kind, error, request_headers)
     SELECT a.id, d.id, d.webhook_id, 1, now(), 5, 'TIMEOUT', $3, '{}'
     FROM unnest($1::uuid[], $2::uuid[]) AS a (id, delivery_id) JOIN deliveries d ON d.id = a.delivery_id`,
    [deliveries.map(newId), deliveries.map(({ id }) => id), error],
  )
}
