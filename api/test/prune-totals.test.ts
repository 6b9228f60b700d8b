import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { updateDeliveryTotals } from '../src/deliveries/totals/update.ts'
import { updateEventTotals } from '../src/events/totals/event-totals.ts'
import { uuidFloor } from '../src/kit/ids.ts'
import { dayAgo, ensurePartitions, seedWebhook, uuidAt } from './features/retention.ts'
import { startTestApp, type TestApp } from './harness.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const DAYS_AGO = 3
const TENANTS = ['tenant-a', 'tenant-b']
const STATUSES = ['DELIVERED', 'DEAD_LETTER', 'CANCELLED', 'PENDING'] as const

let app: TestApp
let webhooks: string[]
beforeAll(async () => {
  app = await startTestApp()
  await ensurePartitions(app, DAYS_AGO + 1)
  webhooks = await Promise.all(TENANTS.map((tenant) => seedWebhook(app, tenant)))
})
afterAll(() => app.stop())

interface Seed {
  tenant: number
  minute: number
  type: number
  severity: 'INFO' | 'ERROR'
  /** The status of the event's delivery; null if the event has no delivery. */
  status: (typeof STATUSES)[number] | null
  /** The delivery belongs to the webhook of the other tenant. */
  isForeign: boolean
  /** Minutes from the creation of the delivery to its end. */
  took: number
  /** The delivery ended, or the event was appended, after a worker had counted the totals. */
  isLate: boolean
}

const seeds = fc.array(
  fc.record({
    tenant: fc.nat(1),
    // The minutes are few, so that some batches empty a total of ten minutes and others leave rows in it.
    minute: fc.oneof(fc.nat(25), fc.nat(1_439)),
    type: fc.nat(2),
    severity: fc.constantFrom('INFO' as const, 'ERROR' as const),
    status: fc.constantFrom(...STATUSES, 'DELIVERED' as const, null),
    isForeign: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    took: fc.oneof(fc.constant(0), fc.nat(30), fc.constant((DAYS_AGO * DAY_MS) / MINUTE_MS - 30)),
    isLate: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

async function insert(rows: readonly Seed[]): Promise<void> {
  const start = Date.parse(dayAgo(DAYS_AGO))
  const events = rows.map(({ tenant, minute, type, severity, status, isForeign, took }) => {
    const at = start + minute * MINUTE_MS
    const receiver = isForeign ? 1 - tenant : tenant
    const ended = new Date(Math.min(at + took * MINUTE_MS, Date.now())).toISOString()
    return {
      id: uuidAt(at),
      delivery: uuidAt(at),
      tenant: TENANTS[tenant],
      receiver: TENANTS[receiver],
      webhook: webhooks[receiver],
      type,
      severity,
      status,
      ended,
    }
  })
  const recordset = `json_to_recordset($1) AS e(id uuid, delivery uuid, tenant text, receiver text, webhook uuid, type int, severity "Severity", status "DeliveryStatus", ended timestamptz)`
  await app.sql(
    `INSERT INTO events (id, seq, tenant_id, type, source, severity, payload, occurred_at, received_at, published_by_kind, published_by_id)
     SELECT id, nextval('events_seq'), tenant, 'order.' || type, 'shop', severity, '{}', now(), now(), 'API_KEY', 'key_1' FROM ${recordset}`,
    [JSON.stringify(events)],
  )
  await app.sql(
    `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, attempt_count, max_attempts, created_at, completed_at)
     SELECT delivery, id, webhook, receiver, 'order.' || type, 'http://127.0.0.1:9/', status, 1, 8, to_timestamp(uuid7_ms(delivery) / 1000.0),
       CASE WHEN status <> 'PENDING' THEN ended END FROM ${recordset} WHERE status IS NOT NULL`,
    [JSON.stringify(events)],
  )
}

/** Inserts an attempt for each delivery, which began when the delivery ended. */
const insertAttempts = () =>
  app.sql(
    `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, request_headers)
     SELECT (left(uuid7_floor(completed_at)::text, 14) || substr(id::text, 15))::uuid, id, webhook_id, 1, completed_at, 1, '{}'
     FROM deliveries WHERE completed_at IS NOT NULL`,
  )

async function count(): Promise<void> {
  while (await updateEventTotals(app.core));
  while (await updateDeliveryTotals(app.core));
}

/** The rows of all totals tables whose counts are not all zero. */
async function totals(): Promise<Record<string, string[]>> {
  const read = async (table: string, counts: string) => {
    const rows = await app.sql<{ row: string }>(
      `SELECT t::text AS row FROM ${table} t WHERE (${counts}) <> (0, 0, 0) ORDER BY 1`,
    )
    return rows.map(({ row }) => row)
  }
  return {
    events: await read('event_totals', 'count, 0, 0'),
    deliveries: await read('delivery_totals', 'made, 0, 0'),
    outcomes: await read('delivery_outcome_totals', 'delivered, dead_letter, cancelled'),
    failures: await read('delivery_failure_totals', 'dead_letter, unrecovered, recovered'),
  }
}

test('after partial pruning the totals equal those of the rows that are left', async () => {
  const low = uuidFloor(Date.parse(dayAgo(DAYS_AGO)))
  const high = uuidFloor(Date.parse(dayAgo(DAYS_AGO - 1)))
  await fc.assert(
    fc.asyncProperty(
      seeds,
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }),
      async (rows, batches) => {
        await app.sql('TRUNCATE events, deliveries, delivery_attempts, attempt_notes, delivery_ends')
        await app.sql('SELECT recount_totals()')
        await insert(rows.filter(({ isLate }) => !isLate))
        await count()
        await insert(rows.filter(({ isLate, status }) => isLate && status === null))
        // These deliveries end long after they were created, so that their ends are first noted and counted later.
        await app.sql(
          `UPDATE deliveries SET status = 'DELIVERED', completed_at = now() WHERE status = 'PENDING' AND event_id IN (
           SELECT id FROM events WHERE type = 'order.0')`,
        )
        await insertAttempts()
        let after: string | null = low
        for (const limit of batches) {
          if (after === null) break
          const [batch]: { last: string | null }[] = await app.sql<{ last: string | null }>(
            `SELECT last FROM prune_events($1, $2::uuid, $3::uuid, $4::uuid, $5)`,
            [TENANTS[0], low, high, after, limit],
          )
          after = batch?.last ?? null
        }
        await count()
        const kept = await totals()
        await app.sql('SELECT recount_totals()')
        await count()
        expect(kept).toEqual(await totals())
        expect(
          await app.sql(
            'SELECT FROM delivery_attempts a WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.id = a.delivery_id)',
          ),
        ).toEqual([])
        expect(
          await app.sql('SELECT FROM deliveries d WHERE NOT EXISTS (SELECT FROM events e WHERE e.id = d.event_id)'),
        ).toEqual([])
      },
    ),
    { numRuns: 40 },
  )
}, 120_000)

test.each([
  ['an hour', [0, 20, 59, 60, 61, 75], 5, [60, 61, 75]],
  ['ten minutes', [1, 2, 19, 20, 21, 40], 5, [20, 21, 40]],
  ['its last event', [1, 2, 3, 4, 5, 6], 5, [6]],
  ['the last event of the day', [0, 20, 59, 60, 61, 75], 7, []],
])('a batch ends with %s', async (_, minutes, limit, left) => {
  await app.sql('TRUNCATE events, deliveries, delivery_attempts, attempt_notes, delivery_ends')
  await app.sql('SELECT recount_totals()')
  const event = {
    tenant: 0,
    type: 0,
    severity: 'INFO',
    status: null,
    isForeign: false,
    took: 0,
    isLate: false,
  } as const
  await insert(minutes.map((minute) => ({ ...event, minute })))
  const start = Date.parse(dayAgo(DAYS_AGO))
  await app.sql('SELECT prune_events($1, $2::uuid, $3::uuid, $2::uuid, $4)', [
    TENANTS[0],
    uuidFloor(start),
    uuidFloor(start + DAY_MS),
    limit,
  ])
  const rows = await app.sql<{ minute: number }>(
    'SELECT ((uuid7_ms(id) - $1) / 60000)::int AS minute FROM events ORDER BY id',
    [start],
  )
  expect(rows.map(({ minute }) => minute)).toEqual(left)
})
