import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { newId, publicId, uuidFloor, uuidTime } from '../../kit/ids.ts'
import { pruneDeliveryTotals, updateDeliveryTotals } from '../totals/update.ts'
import type { DeliveryFilter } from './delivery-filter.ts'
import type { DeliveryRow } from './delivery-where.ts'
import { DELIVERY_KEY, listDeliveries } from './list.ts'
import { deliveryStats } from './stats.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.now()
const TENANTS = ['tenant-1', 'tenant-2', null]
const TYPES = ['order.created', 'order.paid', 'notice']
const STATUSES = ['PENDING', 'FAILED', 'DELIVERED', 'DEAD_LETTER', 'CANCELLED'] as const
const WEBHOOKS = [newId(), newId(), newId()]

interface Row {
  id: string
  tenant_id: string | null
  webhook_id: string
  event_type: string
  status: (typeof STATUSES)[number]
  attempt_count: number
  changed_at: Date
  recovered_by_id: string | null
  rescues_id: string | null
}

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock: () => NOW })
})
afterAll(() => app.stop())

interface Made {
  age: number
  /** Milliseconds from its creation to its last change. */
  took: number
  tenant: number
  webhook: number
  type: number
  status: number
  recovered: boolean
  rescues: boolean
}

const insert = (rows: Made[]) =>
  app.sql(
    `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, attempt_count, max_attempts, created_at,
       last_attempt_at, completed_at, recovered_by_id, rescues_id)
     SELECT x.id, x.id, x.webhook, x.tenant, x.type, 'https://a.example/', x.status::"DeliveryStatus", x.attempts, 3, x.at, x.attempted,
       x.completed, x.recovered, x.rescues
     FROM json_to_recordset($1) AS x(id uuid, webhook uuid, tenant text, type text, status text, attempts int, at timestamptz,
       attempted timestamptz, completed timestamptz, recovered uuid, rescues uuid)`,
    [
      JSON.stringify(
        rows.map(({ age, took, tenant, webhook, type, status, recovered, rescues }) => {
          const is = STATUSES[status]!
          const changed = new Date(Math.min(NOW, NOW - age + took))
          return {
            id: `${uuidFloor(NOW - age).slice(0, 14)}7${newId().slice(15)}`,
            at: new Date(NOW - age),
            attempted: is === 'PENDING' ? null : changed,
            completed: is === 'PENDING' || is === 'FAILED' ? null : changed,
            tenant: TENANTS[tenant],
            webhook: WEBHOOKS[webhook],
            type: TYPES[type],
            status: is,
            attempts: is === 'PENDING' ? 0 : 1 + (type % 2),
            recovered: recovered && (is === 'DEAD_LETTER' || is === 'CANCELLED') ? newId() : null,
            rescues: rescues && is === 'DEAD_LETTER' ? newId() : null,
          }
        }),
      ),
    ],
  )

async function total(): Promise<void> {
  while (await updateDeliveryTotals(app.core));
}

const age = fc.oneof(
  fc.integer({ min: 0, max: 3 * DAY }),
  fc.integer({ min: 0, max: 40_000 }),
  fc.integer({ min: 0, max: 72 }).map((hours) => hours * HOUR + (NOW % HOUR)),
)
const delivery = (ages: typeof age) =>
  fc.record({
    age: ages,
    took: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 3 * DAY })),
    recovered: fc.boolean(),
    rescues: fc.boolean(),
    tenant: fc.nat(2),
    webhook: fc.nat(2),
    type: fc.nat(2),
    status: fc.nat(4),
  })
const some = <Value>(values: readonly Value[]) =>
  fc.option(fc.subarray([...values], { minLength: 1 }), { nil: null, freq: 2 })
const filter: fc.Arbitrary<DeliveryFilter> = fc.record({
  statuses: some(STATUSES),
  since: fc.option(
    age.map((ms) => new Date(NOW - ms)),
    { nil: null },
  ),
  until: fc.option(
    age.map((ms) => new Date(NOW - ms)),
    { nil: null, freq: 1 },
  ),
  webhookIds: some(WEBHOOKS.map((id) => publicId('whk', id))),
  eventTypes: some([...TYPES, 'order.*']),
  tenantId: fc.option(fc.constantFrom('tenant-1', 'tenant-2'), { nil: null }),
  recovered: fc.option(fc.boolean(), { nil: null, freq: 1 }),
})

const IDENTITY = { kind: 'SYSTEM', id: 'test', name: null, roles: ['ADMIN'], tenantId: null } as const

const isUnrecovered = (row: Row) => row.status === 'DEAD_LETTER' && !row.recovered_by_id && !row.rescues_id

/** The expected figures, counted from all rows. */
function expected(rows: Row[], given: DeliveryFilter, buckets: number) {
  const types = given.eventTypes?.map((glob) => new RegExp(`^${glob.replace('.', '\\.').replace('*', '.*')}$`))
  const asked = rows.filter(
    (row) =>
      (!given.statuses || given.statuses.includes(row.status)) &&
      (!given.webhookIds || given.webhookIds.includes(publicId('whk', row.webhook_id))) &&
      (!types || types.some((type) => type.test(row.event_type))) &&
      (!given.tenantId || row.tenant_id === given.tenantId) &&
      (given.recovered == null || (given.recovered ? row.recovered_by_id !== null : isUnrecovered(row))),
  )
  const changed = (row: Row) => row.changed_at.getTime()
  const found = asked.filter(
    (row) =>
      (!given.since || changed(row) >= given.since.getTime()) && (!given.until || changed(row) < given.until.getTime()),
  )
  const of = (status: Row['status'], among: Row[]) => among.filter((row) => row.status === status).length
  const open = asked.filter(({ status }) => status === 'PENDING' || status === 'FAILED').map(({ id }) => uuidTime(id))
  const end = Math.min(given.until?.getTime() ?? Number.POSITIVE_INFINITY, NOW)
  const start = given.since?.getTime() ?? Math.min(...found.map(({ id }) => uuidTime(id)))
  const bucket = (row: Row) =>
    Math.max(0, Math.min(buckets - 1, Math.floor(((changed(row) - start) * buckets) / Math.max(end - start, 1))))
  return {
    ids: found.toSorted((a, b) => changed(b) - changed(a) || (a.id < b.id ? 1 : -1)).map(({ id }) => id),
    total: found.length,
    open: open.length,
    oldest: open.length === 0 ? null : Math.min(...open),
    failed: of('FAILED', asked),
    nearFailure: asked.filter((row) => row.status === 'FAILED' && row.attempt_count === 2).length,
    unrecovered: asked.filter(isUnrecovered).length,
    recovered: asked.filter((row) => row.recovered_by_id !== null).length,
    delivered: of('DELIVERED', found),
    deadLetter: of('DEAD_LETTER', found),
    timeline: Array.from({ length: buckets }, (_, i) => {
      const within = found.filter((row) => bucket(row) === i)
      return [of('DELIVERED', within), of('FAILED', within), of('DEAD_LETTER', within)]
    }),
  }
}

async function figures(given: DeliveryFilter, buckets: number) {
  const stats = deliveryStats(app.core, IDENTITY, given)
  const [open, oldest, recovery, final, timeline, total] = await Promise.all([
    stats.open(),
    stats.oldestPendingAt(),
    stats.recovery(),
    stats.final(),
    stats.timeline(buckets),
    listDeliveries(app.core, IDENTITY, given).count(),
  ])
  return {
    total,
    open: open.pending,
    oldest: oldest ? oldest.getTime() : null,
    failed: open.failed,
    nearFailure: open.nearFailure,
    ...recovery,
    delivered: final.delivered,
    deadLetter: final.deadLetter,
    timeline: timeline.map((row) => [row.delivered, row.failed, row.deadLetter]),
  }
}

/** Every id of the list, read page by page. */
async function walk(given: DeliveryFilter, order: 'asc' | 'desc'): Promise<string[]> {
  const { fetch } = listDeliveries(app.core, IDENTITY, given)
  const rows: DeliveryRow[] = []
  for (;;) {
    const last = rows.at(-1)
    const key = last ? DELIVERY_KEY.textOf(last) : null
    const range = order === 'desc' ? { afterId: key, beforeId: null } : { afterId: null, beforeId: key }
    const page = await fetch({ ...range, order, take: 9 })
    rows.push(...page)
    if (page.length < 9) return rows.map(({ id }) => id)
  }
}

test('statistics and lists agree with the rows in every state of the totals', async () => {
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.array(delivery(age), { minLength: 1, maxLength: 20 }).map((made) => ({ made })) },
    { weight: 2, arbitrary: fc.constant('total' as const) },
    { weight: 2, arbitrary: fc.constantFrom('DELIVERED', 'DEAD_LETTER', 'CANCELLED').map((end) => ({ end })) },
    { weight: 1, arbitrary: fc.constant('forget' as const) },
    { weight: 2, arbitrary: fc.constant('recover' as const) },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(delivery(age), { maxLength: 40 }),
      fc.array(step, { maxLength: 6 }),
      fc.array(fc.tuple(filter, fc.constantFrom(1, 7, 60, 500)), { minLength: 3, maxLength: 3 }),
      async (first, steps, questions) => {
        await app.sql('DELETE FROM deliveries')
        await app.sql('DELETE FROM delivery_ends')
        await app.sql('DELETE FROM delivery_recoveries')
        await app.sql('SELECT recount_totals()')
        await insert(first)
        for (const step of steps) {
          if (step === 'total') await Promise.all([total(), total()])
          else if (step === 'forget') await pruneDeliveryTotals(app.core)
          else if (step === 'recover') {
            await app.sql(
              `UPDATE deliveries SET recovered_by_id = gen_random_uuid() WHERE id IN (SELECT id FROM deliveries
                 WHERE status IN ('DEAD_LETTER', 'CANCELLED') AND recovered_by_id IS NULL ORDER BY md5(id::text) LIMIT 5)`,
            )
          } else if ('made' in step) {
            const [row] = await app.sql<{ until: string }>(
              `SELECT until FROM totals_progress WHERE name = 'deliveries'`,
            )
            // After the totals have passed an instant, no row is created before it.
            await insert(step.made.filter((made) => NOW - made.age > Number(row?.until)))
          } else {
            await app.sql(
              `UPDATE deliveries SET status = $1::"DeliveryStatus", completed_at = greatest(created_at, $2::timestamptz - hashtext(id::text) % 90 * interval '1 hour')
               WHERE status IN ('PENDING', 'FAILED')
               AND id IN (SELECT id FROM deliveries WHERE status IN ('PENDING', 'FAILED') ORDER BY md5(id::text) LIMIT 5)`,
              [step.end, new Date(NOW)],
            )
          }
        }
        const rows = await app.sql<Row>(
          'SELECT id, tenant_id, webhook_id, event_type, status, attempt_count, changed_at, recovered_by_id, rescues_id FROM deliveries',
        )
        for (const [given, buckets] of questions) {
          const wanted = expected(rows, given, buckets)
          const found = { ...(await figures(given, buckets)), ids: wanted.ids }
          expect(found).toEqual(wanted)
          expect(await walk(given, 'desc')).toEqual(wanted.ids)
          expect(await walk(given, 'asc')).toEqual(wanted.ids.toReversed())
        }
      },
    ),
    { numRuns: 25 },
  )
}, 120_000)
