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

/** Deliveries of a replay before the measurement, so that its query plans exist and its code is compiled. */
const WARM_UP = 500

/**
 * Dead letters that one mutation replays, until they are delivered. The limit is publishing and delivering as many new
 * events. The CPU time depends less on other work of the machine than the time does.
 */
export const bulk: Row = {
  name: 'bulk',
  async run(stack, { scale, advance }) {
    const count = Math.max(BATCH, Math.round((DEAD_LETTERS * scale) / BATCH) * BATCH)
    await publishAndReplay(stack, WARM_UP, () => {})
    const { published, replayed } = await publishAndReplay(stack, count, advance)
    const letters = `${count.toLocaleString('en')} dead letters`
    return [
      {
        name: 'bulk',
        what: `${letters} replayed by one mutation and delivered`,
        unit: 's',
        value: replayed.seconds,
        limit: { what: 'as many new events published in batches and delivered', value: published.seconds },
        goal: { value: 1.3 * published.seconds, atMost: true },
      },
      {
        name: 'bulk',
        what: `CPU time of PostgreSQL and worker for ${letters}`,
        unit: 's',
        value: replayed.cpuSeconds,
        limit: { what: 'for as many new events', value: published.cpuSeconds },
        goal: { value: 1.3 * published.cpuSeconds, atMost: true },
      },
    ]
  },
}

interface Cost {
  seconds: number
  /** Of PostgreSQL and worker; for the replay until the bulk replay is completed. */
  cpuSeconds: number
}

async function publishAndReplay(
  stack: Stack,
  count: number,
  advance: (part: number) => void,
): Promise<{ published: Cost; replayed: Cost }> {
  const tenantId = freshTenant()
  const webhook = await createWebhook(stack, tenantId, '/ok')
  const published = await cost(
    stack,
    tenantId,
    count,
    (part) => advance(part / 2),
    async () => {
      for (let i = 0; i < count; i += BATCH)
        await stack.graphql(PUBLISH_MANY, { input: Array.from({ length: BATCH }, (_, k) => sample(tenantId, i + k)) })
    },
  )
  const { rows } = await stack.db.query<{ id: string }>(
    `UPDATE deliveries SET status = 'DEAD_LETTER', last_error = 'HTTP 500', last_error_kind = 'HTTP_5XX' WHERE tenant_id = $1 RETURNING id`,
    [tenantId],
  )
  const ids = rows.map(({ id }) => publicId('dlv', id))
  const replayed = await cost(
    stack,
    tenantId,
    count,
    (part) => advance((1 + part) / 2),
    () => stack.graphql<Started>(START, { input: { deliveryIds: ids } }),
  )
  await deleteWebhook(stack, webhook)
  return { published, replayed }
}

/** What it costs until `count` deliveries of the tenant that `start` creates are delivered. */
async function cost(
  stack: Stack,
  tenantId: string,
  count: number,
  advance: (part: number) => void,
  start: () => Promise<unknown>,
): Promise<Cost> {
  const cpuSeconds = async () => stack.workerCpuSeconds() + (await stack.postgresCpuSeconds())
  const { rows } = await stack.db.query<{ now: Date }>('SELECT db_now() AS now')
  const cpuBefore = await cpuSeconds()
  const started = performance.now()
  await start()
  await recorded(stack, tenantId, count, 120_000, (done) => advance(done / count), rows[0]!.now)
  const seconds = (performance.now() - started) / 1_000
  const unfinished = `SELECT FROM bulk_replays WHERE tenant_id = $1 AND status = 'RUNNING'`
  while ((await stack.db.query(unfinished, [tenantId])).rowCount !== 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
  return { seconds, cpuSeconds: (await cpuSeconds()) - cpuBefore }
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
        goal: { value: 2 * alone, atMost: true },
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
