import { setTimeout as sleep } from 'node:timers/promises'
import { liveP99 } from '../live.ts'
import { createWebhook, deleteWebhook, freshTenant, type Row } from '../row.ts'
import type { Stack } from '../stack.ts'
import { DAYS, seed, TENANT } from './lists-seed.ts'

/** Nine in ten rows belong to tenants whose days expire completely. In total more than 5,000,000 rows expire. */
const ROWS = 6_000_000
const LIVE_EVENTS = 500
/** Number of days whose partitions the bare DROP TABLE drops. */
const BARE_DAYS = 7
const DAY_MS = 86_400_000
const RETAIN =
  'mutation ($id: String!, $days: Int!) { setTenantRetention(tenantId: $id, retentionDays: $days) { tenant { id } } }'

/**
 * Pruning while events are published and delivered. First one tenant's rows are deleted in batches, in days that other
 * tenants keep. Then whole days are dropped by partition. The limit of the latter is a bare DROP TABLE of the
 * partitions of BARE_DAYS more days, scaled to the same number of rows.
 */
export const prune: Row = {
  name: 'prune',
  once: true,
  async run(stack, { scale, advance }) {
    const rows = Math.max(DAYS * 100, Math.round(ROWS * scale))
    await seed(stack, rows)
    await stack.db.query(
      `UPDATE deliveries SET status = 'DELIVERED', next_attempt_at = NULL, completed_at = created_at WHERE status IN ('PENDING', 'FAILED')`,
    )
    await stack.db.query(
      `INSERT INTO tenants (id, name, updated_at) SELECT t, t, now() FROM unnest($1::text[]) t ON CONFLICT DO NOTHING`,
      [['acme', 'globex', TENANT]],
    )
    advance(0.5)
    const live = freshTenant()
    const webhook = await createWebhook(stack, live, '/timed')
    const events = Math.max(20, Math.round(LIVE_EVENTS * Math.min(1, scale * 10)))
    const alone = await liveP99(stack, live, events, 0)

    const memory = stack.peakMemory()
    await stack.graphql(RETAIN, { id: TENANT, days: 1 })
    const partial = runPrune(stack)
    const beside = await liveP99(stack, live, events, events)
    const part = await partial
    advance(0.7)

    for (const id of ['acme', 'globex']) await stack.graphql(RETAIN, { id, days: 1 + BARE_DAYS })
    const whole = await runPrune(stack)
    const bare = ((await dropOldest(stack)) * (DAYS - 2 - BARE_DAYS)) / BARE_DAYS
    const grown = stack.peakMemory() - memory
    await deleteWebhook(stack, webhook)
    advance(1)
    return [
      {
        name: 'prune partial days',
        what: `a tenant's ${part.events.toLocaleString('en')} expired events and as many deliveries, in days that others keep`,
        unit: 'rows/s',
        value: (2 * part.events) / part.seconds,
        limit: null,
        goal: { value: 100_000, atMost: false },
      },
      {
        name: 'prune live p99',
        what: 'live deliveries meanwhile, p99',
        unit: 'ms',
        value: beside,
        limit: { what: 'the same without pruning', value: alone },
        goal: { value: 2 * alone, atMost: true },
      },
      {
        name: 'prune whole days',
        what: `${whole.events.toLocaleString('en')} expired events and as many deliveries, pruned in`,
        unit: 's',
        value: whole.seconds,
        limit: { what: 'DROP TABLE of as many partitions', value: bare },
        goal: { value: 3 * bare + 1, atMost: true },
      },
      {
        name: 'prune memory',
        what: 'growth of API and worker meanwhile',
        unit: 'MB',
        value: grown / 2 ** 20,
        limit: null,
        goal: { value: 100, atMost: true },
      },
    ]
  },
}

/** Prunes everything that has expired, and waits until the run has finished. */
async function runPrune(stack: Stack): Promise<{ events: number; seconds: number }> {
  const { pruneEvents } = await stack.graphql<{ pruneEvents: { run: { id: string } } }>(
    'mutation { pruneEvents { run { id } } }',
  )
  for (;;) {
    const { prunes } = await stack.graphql<{
      prunes: { nodes: { id: string; startedAt: string; finishedAt: string | null; totalPruned: number }[] }
    }>('{ prunes: pruneRuns(first: 5) { nodes { id startedAt finishedAt totalPruned } } }')
    const run = prunes.nodes.find(({ id }) => id === pruneEvents.run.id)
    if (run?.finishedAt)
      return { events: run.totalPruned, seconds: (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1_000 }
    await sleep(200)
  }
}

/** Seconds that PostgreSQL takes to drop the partitions of BARE_DAYS of the remaining days. */
async function dropOldest({ db }: Stack): Promise<number> {
  const nameOf = (daysAgo: number) =>
    new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')
  const days = Array.from({ length: BARE_DAYS }, (_, n) => nameOf(2 + n))
  const tables = ['events', 'deliveries', 'delivery_attempts'].flatMap((table) => days.map((day) => `${table}_${day}`))
  const started = performance.now()
  await db.query(`DROP TABLE ${tables.join(', ')}`)
  return (performance.now() - started) / 1_000
}
