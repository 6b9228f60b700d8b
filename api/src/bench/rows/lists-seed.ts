import pg from 'pg'
import type { Stack } from '../stack.ts'

export const DAYS = 30
export const TENANT = 'initech'
/** The webhook of TENANT. */
export const WEBHOOK_UUID = '00000000-0000-7000-8000-000000000005'

const ID = `(lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(i & 4095), 3, '0') || '8' || lpad(to_hex(i), 15, '0'))::uuid`
const TENANT_OF = `(ARRAY['acme','acme','acme','acme','acme','acme','globex','globex','globex','${TENANT}'])[1 + i % 10]`
const TYPE_OF = `'area' || (t / 8) || '.action' || t`
const WEBHOOK_OF = `('00000000-0000-7000-8000-00000000000' || (CASE i % 10 WHEN 9 THEN 5 WHEN 8 THEN 3 WHEN 7 THEN 4 WHEN 6 THEN 3 ELSE 1 + i % 2 END))::uuid`

const EVENTS = `INSERT INTO events (id, seq, tenant_id, type, source, severity, subject, payload, occurred_at, received_at,
    published_by_kind, published_by_id, correlation_id)
  SELECT ${ID}, i + 1, ${TENANT_OF}, ${TYPE_OF}, 'svc-' || (t % 8),
    (ARRAY['INFO','INFO','INFO','INFO','INFO','INFO','INFO','WARNING','ERROR','CRITICAL'])[1 + t % 10]::"Severity",
    'customer-' || (h % 50000),
    ('{"order":' || i || ',"customer":"c-' || (h % 50000) || '","reference":"' || md5(i::text) || '","items":[{"sku":"A-' || (h % 900) ||
      '","quantity":' || (1 + h % 5) || '}],"total":' || (h % 100000) || ',"note":"an ordinary event","address":"' || (h % 300) ||
      ' Main Street, Springfield"}')::json,
    at, at, 'SYSTEM', 'bench', CASE WHEN i % 4 = 0 THEN 'req-' || (i / 4) END
  FROM numbered`

/** One delivery in a hundred is a dead letter. In the last days one in 33 is open. */
const DELIVERIES = `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, attempt_count, max_attempts,
    next_attempt_at, created_at, completed_at, last_status_code, last_error, last_error_kind)
  SELECT ${ID}, ${ID}, ${WEBHOOK_OF}, ${TENANT_OF}, ${TYPE_OF}, 'https://hooks.example.com/' || (i % 10), s,
    CASE s WHEN 'PENDING' THEN 0 WHEN 'FAILED' THEN 3 WHEN 'DEAD_LETTER' THEN 8 ELSE 1 END, 8,
    CASE WHEN s IN ('PENDING', 'FAILED') THEN at END, at,
    CASE WHEN s NOT IN ('PENDING', 'FAILED') THEN at + make_interval(secs => 0.005 + (h % 500) / 1000.0) END,
    CASE WHEN s = 'DELIVERED' THEN 200 WHEN s <> 'PENDING' THEN 503 END,
    CASE WHEN s IN ('FAILED', 'DEAD_LETTER') THEN 'hooks.example.com answered 503 Service Unavailable' END,
    CASE WHEN s IN ('FAILED', 'DEAD_LETTER') THEN 'HTTP_5XX'::"ErrorKind" END
  FROM (SELECT *, (CASE WHEN i % 100 = 37 THEN 'DEAD_LETTER' WHEN $3::bigint >= ${DAYS - 5} AND i % 33 = 5 THEN
    CASE WHEN i % 2 = 0 THEN 'PENDING' ELSE 'FAILED' END ELSE 'DELIVERED' END)::"DeliveryStatus" AS s FROM numbered) n`

/** $1: rows per day, $2: start of the day (ms), $3: number of the day, $4: length of the day (ms). */
const numbered = (insert: string) => `WITH numbered AS MATERIALIZED (
    SELECT i, ms, to_timestamp(ms / 1000.0) AS at, abs(hashint8(i)) AS h, abs(hashint8(i * 31)) % 40 AS t FROM (
      SELECT i, $2::bigint + (i - $3::bigint * $1::bigint) * $4::bigint / $1::bigint AS ms
      FROM generate_series($3::bigint * $1::bigint, ($3::bigint + 1) * $1::bigint - 1) i) a
  ) ${insert}`

const WHAT_IS_KEPT = [
  'event_totals',
  'delivery_totals',
  'delivery_ends',
  'event_scopes',
  'event_blocks',
  'event_segments',
  'event_sketches',
]
const DAY_MS = 86_400_000
const SETTLED_WITHIN_MS = 1_800_000

/**
 * Inserts events with one delivery each over the last DAYS days, and waits until the worker has totalled and indexed
 * them. The database indexes are dropped first and created again at the end, which takes a third of the time. The rows
 * equal those of a running system.
 */
export async function seed(stack: Stack, rows: number): Promise<void> {
  const { db } = stack
  await db.query(`TRUNCATE events, deliveries, delivery_attempts, webhooks, ${WHAT_IS_KEPT.join(', ')}`)
  await db.query('UPDATE totals_progress SET until = 0')
  await db.query(
    `INSERT INTO webhooks (id, name, url, tenant_id, event_types, state, retry_schedule, secret_sealed, updated_at)
     SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'hook ' || n, 'https://hooks.example.com/' || n,
       (ARRAY['acme', 'acme', 'globex', 'globex', '${TENANT}'])[n], '{}', 'PAUSED', '{5}', 'none', now() FROM generate_series(1, 5) n`,
  )
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
  const iso = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  await db.query('SELECT ensure_partitions($1::date, $2::date)', [iso(today - DAYS * DAY_MS), iso(today)])
  const indexes = await dropIndexes(db)
  const days = Array.from({ length: DAYS }, (_, day) => day)
  await alongside(stack, days, async (client, day) => {
    const start = today - (DAYS - 1 - day) * DAY_MS
    const length = day === DAYS - 1 ? Math.max(1_000, Date.now() - start - 60_000) : DAY_MS
    const values = [Math.floor(rows / DAYS), start, day, length]
    await client.query(numbered(EVENTS), values)
    await client.query(numbered(DELIVERIES), values)
  })
  await alongside(stack, indexes, createIndex)
  await alongside(stack, ['events', 'deliveries'], (client, table) => client.query(`VACUUM (ANALYZE) ${table}`))
  await db.query(`SELECT setval('events_seq', (SELECT max(seq) FROM events))`)
  await settled(db)
}

/** Runs `work` for all items on two connections, for two cores. Each connection takes the next item when it is free. */
async function alongside<Item>(
  { databaseUrl }: Stack,
  items: readonly Item[],
  work: (client: pg.Client, item: Item) => Promise<unknown>,
): Promise<void> {
  const left = [...items]
  const run = async () => {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    try {
      await client.query(`SET maintenance_work_mem = '512MB'; SET synchronous_commit = off`)
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(client, item)
    } finally {
      await client.end()
    }
  }
  // Both have to end before an error is reported, because the database is dropped then.
  for (const ended of await Promise.allSettled([run(), run()])) if (ended.status === 'rejected') throw ended.reason
}

/**
 * Creates an index with those of all partitions. PostgreSQL chooses their names, and two connections may choose the same
 * one at the same time (SQLSTATE 23505).
 */
async function createIndex(client: pg.Client, statement: string): Promise<void> {
  for (;;) {
    try {
      await client.query(statement)
      return
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === '23505')) throw error
    }
  }
}

/**
 * Drops the indexes of `events` and `deliveries`, except primary keys. Returns the statements that create them again.
 */
async function dropIndexes(db: pg.Client): Promise<string[]> {
  const { rows } = await db.query<{ name: string; statement: string }>(
    `SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS statement FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid IN ('events'::regclass, 'deliveries'::regclass) AND NOT i.indisprimary`,
  )
  for (const { name } of rows) await db.query(`DROP INDEX "${name}"`)
  // Without ONLY, PostgreSQL also creates the indexes of the partitions.
  return rows.map(({ statement }) => statement.replace(' ON ONLY ', ' ON '))
}

/**
 * Waits until the worker has counted and indexed the rows: until the totals of deliveries have reached the end of the
 * insertion, and the progress of events is the same twice in a row.
 */
async function settled(db: pg.Client): Promise<void> {
  const inserted = Date.now()
  const progress = async () => {
    const { rows } = await db.query<{ name: string; until: string }>('SELECT name, until FROM totals_progress')
    return new Map(rows.map(({ name, until }) => [name, Number(until)]))
  }
  let before = new Map<string, number>()
  for (const deadline = inserted + SETTLED_WITHIN_MS; ; ) {
    const now = await progress()
    const isSame = ['events', 'sketches'].every((name) => now.get(name) !== 0 && now.get(name) === before.get(name))
    if (isSame && (now.get('deliveries') ?? 0) >= inserted) return
    if (Date.now() > deadline)
      throw new Error(`the worker has not counted everything: ${JSON.stringify(Object.fromEntries(now))}`)
    before = now
    await new Promise((resolve) => setTimeout(resolve, 12_000))
  }
}
