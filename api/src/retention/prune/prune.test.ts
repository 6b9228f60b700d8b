import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  contents,
  countRows,
  dayAgo,
  prune,
  resetRetention,
  scopeOf,
  seedEvents,
  seedWebhook,
  setDays,
  setHold,
  uuidAt,
} from '../../../test/features/retention.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { createUpkeep, type Upkeep } from '../../upkeep.ts'

const DAY_MS = 86_400_000
const today = () => Math.floor(Date.now() / DAY_MS)

let app: TestApp
let upkeep: Upkeep
beforeAll(async () => {
  // Open deliveries are older than the default time to live, after which the sweep would cancel them.
  app = await startTestApp({ worker: true, env: { DELIVERY_TTL_HOURS: '8760' } })
  upkeep = createUpkeep(app.core)
})
afterAll(() => app.stop())

beforeEach(() => resetRetention(app))

const partitionOf = (table: string, daysAgo: number) => `${table}_${dayAgo(daysAgo).replaceAll('-', '')}`
const exists = async (table: string) =>
  (await app.sql<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]))[0]!.there

/** Checks that the totals agree with the rows, for every span, after a worker has updated all totals. */
async function expectTotalsToFit(): Promise<void> {
  const off = await app.sql(
    `SELECT span, detail, sum(count) FROM event_totals WHERE NOT (detail AND span = 1) GROUP BY 1, 2 HAVING sum(count) <> (SELECT count(*) FROM events)`,
  )
  expect(off).toEqual([])
  const wrong = await app.sql(
    `SELECT span, detail FROM delivery_totals WHERE NOT (detail AND span = 1) GROUP BY 1, 2 HAVING sum(made) <> (SELECT count(*) FROM deliveries)
       OR sum(delivered) <> (SELECT count(*) FROM deliveries WHERE status = 'DELIVERED')
       OR sum(dead_letter) <> (SELECT count(*) FROM deliveries WHERE status = 'DEAD_LETTER')`,
  )
  expect(wrong).toEqual([])
  expect(await app.sql('SELECT FROM event_totals WHERE count <= 0')).toEqual([])
}

describe.each(['counted by the rows', 'counted by the totals'])('a prune run, %s', (how) => {
  const total = async () => {
    if (how === 'counted by the totals') await upkeep.once()
  }

  test('separates tenants that keep a day for 1, 30 and 90 days, and one under legal hold', async () => {
    const webhook = await seedWebhook(app, null)
    const tenants = ['tenant-qa', 'tenant-basic', 'tenant-premium', 'tenant-held']
    for (const tenant of tenants)
      for (const daysAgo of [1, 2, 30, 31]) await seedEvents(app, { tenant, daysAgo, webhook })
    await seedEvents(app, { tenant: null, daysAgo: 31, count: 4, webhook })
    await setDays(app, 'tenant-qa', 1)
    await setDays(app, 'tenant-premium', 90)
    await setDays(app, 'tenant-held', 1)
    await setHold(app, 'tenant-held', true)
    await total()

    const dry = await prune(app, { dryRun: true })
    expect(dry).toMatchObject({ dryRun: true, totalPruned: 44 })
    expect(await countRows(app, 'events')).toBe(164)
    const run = await prune(app)
    expect(run.finishedAt).not.toBeNull()
    expect({ ...run, id: '', finishedAt: '', dryRun: true }).toEqual({ ...dry, id: '', finishedAt: '' })
    expect(scopeOf(run, 'tenant-qa')).toMatchObject({
      prunedCount: 30,
      retentionDays: 1,
      strategy: 'delete',
      error: null,
    })
    expect(scopeOf(run, 'tenant-basic')).toMatchObject({ prunedCount: 10, retentionDays: 30, strategy: 'delete' })
    expect(scopeOf(run, 'tenant-premium')).toMatchObject({ prunedCount: 0, retentionDays: 90, strategy: 'none' })
    expect(scopeOf(run, 'tenant-held')).toMatchObject({ prunedCount: 0, retentionDays: 1, strategy: 'hold' })
    expect(scopeOf(run, 'system')).toMatchObject({ prunedCount: 4, retentionDays: 30, tenantId: null })
    expect(scopeOf(run, 'tenant-basic').cutoff).toBe(`${dayAgo(30)}T00:00:00.000Z`)

    const left = {
      'tenant-qa': [1],
      'tenant-basic': [1, 2, 30],
      'tenant-premium': [1, 2, 30, 31],
      'tenant-held': [1, 2, 30, 31],
    }
    const expected = Object.entries(left).flatMap(([tenant, days]) =>
      days.map((days) => [`${tenant} ${dayAgo(days)}`, 10]),
    )
    const found = await contents(app)
    for (const key of Object.keys(found)) if (key.endsWith(dayAgo(0))) delete found[key]
    expect(found).toEqual(Object.fromEntries(expected))
    expect(
      await app.sql('SELECT FROM deliveries d WHERE NOT EXISTS (SELECT FROM events e WHERE e.id = d.event_id)'),
    ).toEqual([])
    expect(
      await app.sql(
        'SELECT FROM delivery_attempts a WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.id = a.delivery_id)',
      ),
    ).toEqual([])
    expect(await countRows(app, 'deliveries')).toBe(120)
    expect(await countRows(app, 'delivery_attempts')).toBe(120)
    await upkeep.once()
    await expectTotalsToFit()

    await setHold(app, 'tenant-held', false)
    expect(scopeOf(await prune(app), 'tenant-held')).toMatchObject({ prunedCount: 30, strategy: 'delete' })
  })
})

describe('days that have expired for all tenants', () => {
  test('are dropped with their partitions and with their rows elsewhere', async () => {
    const webhook = await seedWebhook(app, null)
    const [first] = await seedEvents(app, { tenant: 'tenant-a', daysAgo: 33, webhook })
    for (const daysAgo of [32, 31]) await seedEvents(app, { tenant: 'tenant-a', daysAgo, webhook })
    await seedEvents(app, { tenant: 'tenant-b', daysAgo: 32, count: 5, webhook })
    const kept = await seedEvents(app, { tenant: 'tenant-a', daysAgo: 2, webhook })
    // A replay of the first event, made yesterday, and its attempt.
    const replay = uuidAt(Date.now() - DAY_MS)
    await app.sql(
      `INSERT INTO deliveries (id, event_id, webhook_id, event_type, target_url, status, max_attempts, created_at, completed_at, replay_of_id)
       SELECT $1, $2, $3, 'order.0', 'x', 'DELIVERED', 1, now(), now(), (SELECT id FROM deliveries WHERE event_id = $2)`,
      [replay, first, webhook],
    )
    await app.sql(
      `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, request_headers) VALUES ($1, $1, $2, 1, now(), 1, '{}')`,
      [replay, webhook],
    )
    await upkeep.once()

    const run = await prune(app)
    expect(scopeOf(run, 'tenant-a')).toMatchObject({ prunedCount: 30, strategy: 'drop', error: null })
    expect(scopeOf(run, 'tenant-b')).toMatchObject({ prunedCount: 5, strategy: 'drop', error: null })
    for (const table of ['events', 'deliveries', 'delivery_attempts']) {
      for (const daysAgo of [31, 32, 33, 36]) expect(await exists(partitionOf(table, daysAgo)), table).toBe(false)
      expect(await exists(partitionOf(table, 30)), table).toBe(true)
      expect(await exists(partitionOf(table, -8)), table).toBe(true)
    }
    expect(
      (await app.sql<{ event_id: string }>('SELECT event_id FROM deliveries')).map((row) => row.event_id).sort(),
    ).toEqual(kept.sort())
    expect(await countRows(app, 'delivery_attempts')).toBe(kept.length)
    await upkeep.once()
    await expectTotalsToFit()

    const published = await app.sql<{ tenant_id: string; payload: Record<string, unknown> }>(
      `SELECT tenant_id, payload FROM events WHERE type = 'ops.events.pruned' ORDER BY tenant_id`,
    )
    expect(published.map(({ tenant_id, payload }) => [tenant_id, payload.pruned_count, payload.strategy])).toEqual([
      ['tenant-a', 30, 'drop'],
      ['tenant-b', 5, 'drop'],
    ])
    expect(published[0]!.payload).toMatchObject({
      cutoff: `${dayAgo(30)}T00:00:00.000Z`,
      retention_days: 30,
      archived: 0,
      run: run.id,
    })
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 0, strategy: 'none' })
    expect(await countRows(app, `events WHERE type = 'ops.events.pruned'`)).toBe(2)
  })

  test('stay if a delivery of that day belongs to an event that is kept', async () => {
    const webhook = await seedWebhook(app, 'tenant-premium')
    const [event] = await seedEvents(app, { tenant: 'tenant-premium', daysAgo: 35, count: 1 })
    await seedEvents(app, { tenant: 'tenant-basic', daysAgo: 32, webhook })
    await setDays(app, 'tenant-premium', 90)
    const replay = uuidAt((today() - 32) * DAY_MS + 5_000)
    await app.sql(
      `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, max_attempts, created_at, completed_at)
       VALUES ($1, $2, $3, 'tenant-premium', 'order.0', 'x', 'DELIVERED', 1, now(), now())`,
      [replay, event, webhook],
    )
    await app.sql(
      `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, request_headers) VALUES ($1, $2, $3, 1, now(), 1, '{}')`,
      [uuidAt((today() - 31) * DAY_MS + 5_000), replay, webhook],
    )
    const run = await prune(app)
    expect(scopeOf(run, 'tenant-basic')).toMatchObject({ prunedCount: 10, strategy: 'delete', error: null })
    expect(await app.sql('SELECT id FROM deliveries')).toEqual([{ id: replay }])
    expect(await countRows(app, 'delivery_attempts')).toBe(1)
  })
})

describe('open deliveries', () => {
  test('are not pruned, nor are their events, until the delivery has ended', async () => {
    const webhook = await seedWebhook(app, 'tenant-a')
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 32, webhook })
    const open = await seedEvents(app, { tenant: 'tenant-a', daysAgo: 32, count: 3, webhook, status: 'FAILED' })
    const dry = await prune(app, { dryRun: true })
    const run = await prune(app)
    expect(scopeOf(run, 'tenant-a')).toMatchObject({ prunedCount: 10, strategy: 'delete' })
    expect(scopeOf(dry, 'tenant-a').prunedCount).toBe(10)
    const left = await app.sql<{ event_id: string }>('SELECT event_id FROM deliveries')
    expect(left.map((row) => row.event_id).sort()).toEqual([...open].sort())
    expect(await countRows(app, 'delivery_attempts')).toBe(3)
    await app.sql(`UPDATE deliveries SET status = 'CANCELLED', completed_at = now(), next_attempt_at = NULL`)
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 3, strategy: 'drop' })
    expect(await countRows(app, 'deliveries')).toBe(0)
  })

  test('of a replay and the prune of its event, only one succeeds', async () => {
    const webhook = await seedWebhook(app, 'tenant-a')
    await app.sql(`UPDATE webhooks SET state = 'ENABLED', retry_schedule = '{5}' WHERE id = $1`, [webhook])
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 32, count: 40, webhook, status: 'DEAD_LETTER' })
    await seedEvents(app, { tenant: 'tenant-b', daysAgo: 32, count: 1 })
    await setDays(app, 'tenant-b', 90)
    const ids = await app.sql<{ id: string }>('SELECT id FROM deliveries ORDER BY id')
    const replays = ids.map(({ id }) =>
      app.sql<{ outcome: string; event_id: string }>(
        `SELECT outcome, event_id FROM replay_deliveries(ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[false], ARRAY[NULL::text], 3600000, ARRAY[now()])`,
        [id, uuidAt(Date.now())],
      ),
    )
    const [, ...outcomes] = await Promise.all([prune(app), ...replays])
    const replayed = outcomes
      .flat()
      .filter(({ outcome }) => outcome === 'REPLAYED')
      .map((row) => row.event_id)
    const events = await app.sql<{ id: string }>(
      `SELECT id FROM events WHERE tenant_id = 'tenant-a' AND type LIKE 'order.%'`,
    )
    expect(events.map(({ id }) => id).sort()).toEqual(replayed.sort())
    expect(
      await app.sql('SELECT FROM deliveries d WHERE NOT EXISTS (SELECT FROM events e WHERE e.id = d.event_id)'),
    ).toEqual([])
  })
})

test('two workers never prune at the same time, and one run is executed once', async () => {
  const other = await startTestApp({ beside: app, worker: true })
  try {
    for (const daysAgo of [31, 32]) await seedEvents(app, { tenant: 'tenant-a', daysAgo, count: 200 })
    await Promise.all([prune(app), prune(other), app.retention!.pruner.prune(), other.retention!.pruner.prune()])
    expect(
      await app.sql(
        `SELECT sum(pruned_count)::int AS pruned, max(error) AS error FROM prune_scopes WHERE tenant_id = 'tenant-a'`,
      ),
    ).toEqual([{ pruned: 400, error: null }])
    expect(await countRows(app, 'events')).toBe(await countRows(app, `events WHERE type LIKE 'ops.%'`))
    expect(await countRows(app, `prune_runs WHERE finished_at IS NULL`)).toBe(0)
  } finally {
    await other.stop()
  }
})
