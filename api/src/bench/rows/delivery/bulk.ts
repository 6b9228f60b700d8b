import { publicId } from '../../../kit/ids.ts'
import { liveP99 } from '../../live.ts'
import { createWebhook, deleteWebhook, freshTenant, PUBLISH_MANY, type Row, recorded, sample } from '../../row.ts'
import type { Stack } from '../../stack.ts'

const DEAD_LETTERS = 10_000
const BY_FILTER = 1_000_000
const BATCH = 500
const LIVE_EVENTS = 600
const START = `mutation ($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) { bulkReplay { id total } } }`
const CANCEL = 'mutation ($id: ID!) { cancelBulkReplay(id: $id) { bulkReplay { status } } }'

interface Started {
  bulkReplayDeliveries: { bulkReplay: { id: string; total: number } }
}

/**
 * Dead letters that one mutation replays, until they are delivered. The limit is publishing and delivering as many new
 * events.
 */
export const bulk: Row = {
  name: 'bulk',
  async run(stack, { scale, advance }) {
    const count = Math.max(BATCH, Math.round((DEAD_LETTERS * scale) / BATCH) * BATCH)
    const tenantId = freshTenant()
    const webhook = await createWebhook(stack, tenantId, '/ok')
    const published = performance.now()
    for (let i = 0; i < count; i += BATCH)
      await stack.graphql(PUBLISH_MANY, { input: Array.from({ length: BATCH }, (_, k) => sample(tenantId, i + k)) })
    await recorded(stack, tenantId, count, 120_000, (done) => advance((0.5 * done) / count))
    const limit = (performance.now() - published) / 1_000
    const { rows } = await stack.db.query<{ id: string }>(
      `UPDATE deliveries SET status = 'DEAD_LETTER', last_error = 'HTTP 500', last_error_kind = 'HTTP_5XX' WHERE tenant_id = $1 RETURNING id`,
      [tenantId],
    )

    const started = performance.now()
    await stack.graphql<Started>(START, { input: { deliveryIds: rows.map(({ id }) => publicId('dlv', id)) } })
    await recorded(stack, tenantId, count, 120_000, (done) => advance(0.5 + (0.5 * done) / count))
    const seconds = (performance.now() - started) / 1_000
    await deleteWebhook(stack, webhook)
    return [
      {
        name: 'bulk',
        what: `${count.toLocaleString('en')} dead letters replayed by one mutation and delivered`,
        unit: 's',
        value: seconds,
        limit: { what: 'as many new events published in batches and delivered', value: limit },
        goal: { value: 1.3, atMost: true },
      },
    ]
  },
}

/**
 * A bulk replay of a million dead letters by filter: the time until the replay is accepted, and the latency of live
 * deliveries to another webhook meanwhile.
 */
export const bulkByFilter: Row = {
  name: 'bulk-by-filter',
  once: true,
  async run(stack, { scale, advance }) {
    const count = Math.max(BATCH, Math.round(BY_FILTER * scale))
    const tenantId = freshTenant()
    const webhook = await createWebhook(stack, tenantId, '/ok')
    const live = freshTenant()
    const liveWebhook = await createWebhook(stack, live, '/timed')
    await bury(stack, tenantId, count)
    advance(0.3)
    const events = Math.max(20, Math.round(LIVE_EVENTS * Math.min(1, scale * 10)))
    const alone = await liveP99(stack, live, events, 0)
    advance(0.5)

    const before = stack.peakMemory()
    const started = performance.now()
    const { bulkReplayDeliveries } = await stack.graphql<Started>(START, {
      input: { filter: { statuses: ['DEAD_LETTER'], tenantId } },
    })
    const accepted = (performance.now() - started) / 1_000
    const beside = await liveP99(stack, live, events, events)
    const grown = stack.peakMemory() - before
    // A small replay has ended by now and cannot be cancelled.
    await stack.graphql(CANCEL, { id: bulkReplayDeliveries.bulkReplay.id }).catch(() => {})
    advance(1)
    await deleteWebhook(stack, webhook)
    await deleteWebhook(stack, liveWebhook)
    const what = `a bulk replay of ${count.toLocaleString('en')} dead letters by filter`
    return [
      {
        name: 'bulk accepted',
        what: `${what}, accepted`,
        unit: 's',
        value: accepted,
        limit: null,
        goal: { value: 1, atMost: true },
      },
      {
        name: 'bulk live p99',
        what: `live deliveries to another webhook during ${what}, p99`,
        unit: 'ms',
        value: beside,
        limit: { what: 'the same without it', value: alone },
        goal: { value: 2, atMost: true },
      },
      {
        name: 'bulk memory',
        what: `growth of API and worker during ${what}`,
        unit: 'MB',
        value: grown / 2 ** 20,
        limit: null,
        goal: { value: 100, atMost: true },
      },
    ]
  },
}

/** Inserts dead letters as delivery stores them. All have the same event. */
async function bury(stack: Stack, tenantId: string, count: number): Promise<void> {
  await stack.graphql(PUBLISH_MANY, { input: [sample(tenantId, 0)] })
  await recorded(stack, tenantId, 1, 60_000, () => {})
  await stack.db.query(
    `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, attempt_count, max_attempts, created_at,
       completed_at, last_attempt_at, last_error, last_error_kind, last_status_code)
     SELECT (substr(uuid7_floor(d.created_at)::text, 1, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid, d.event_id, d.webhook_id, d.tenant_id, d.event_type, d.target_url, 'DEAD_LETTER', 8, 8, d.created_at,
       d.created_at + n * interval '1 microsecond', d.created_at, 'HTTP 500', 'HTTP_5XX', 500
     FROM deliveries d, generate_series(1, $2::int) n WHERE d.tenant_id = $1`,
    [tenantId, count],
  )
}
