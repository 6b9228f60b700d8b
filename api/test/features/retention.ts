import { randomBytes } from 'node:crypto'
import { newId, uuidFloor } from '../../src/kit/ids.ts'
import type { PruneTask } from '../../src/retention/prune/task.ts'
import type { TestApp } from '../harness.ts'

const DAY_MS = 86_400_000

/** The date some days ago as YYYY-MM-DD, in UTC. */
export const dayAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)

/** Creates the daily partitions that a running installation would have. */
export const ensurePartitions = (app: TestApp, daysBack: number): Promise<unknown> =>
  app.sql('SELECT ensure_partitions($1::date, $2::date)', [dayAgo(daysBack), dayAgo(0)])

/**
 * Removes all events, deliveries and attempts. TRUNCATE would create new files for a thousand partitions and indexes,
 * which takes ten times as long as deleting the few rows of a test.
 */
export async function removeEvents(app: TestApp): Promise<void> {
  for (const table of ['delivery_attempts', 'deliveries', 'events']) await app.sql(`DELETE FROM ${table}`)
}

/** A UUIDv7 with a timestamp. */
export const uuidAt = (ms: number): string => {
  const random = randomBytes(8).toString('hex')
  return `${uuidFloor(ms).slice(0, 14)}7${random.slice(0, 3)}-8${random.slice(3, 6)}-${randomBytes(6).toString('hex')}`
}

export interface PastEvents {
  /** The tenant of the events; null for system events. */
  tenant: string | null
  daysAgo: number
  count?: number
  /** JSON texts, which the events use in turn. */
  payloads?: readonly string[]
  /** If set, each event gets a delivery with this status to this webhook, with one attempt. */
  webhook?: string
  status?: 'DELIVERED' | 'DEAD_LETTER' | 'PENDING' | 'FAILED' | 'CANCELLED'
}

/** Inserts events as if they had been published in the past. Returns their UUIDs, oldest first. */
export async function seedEvents(app: TestApp, given: PastEvents): Promise<string[]> {
  const { tenant, daysAgo, count = 10, payloads = ['{"n":1}'], webhook, status = 'DELIVERED' } = given
  const start = Date.parse(dayAgo(daysAgo))
  const ids = Array.from({ length: count }, (_, i) => uuidAt(start + Math.floor((i * DAY_MS) / count)))
  if (tenant !== null)
    await app.sql('INSERT INTO tenants (id, name, updated_at) VALUES ($1, $1, now()) ON CONFLICT DO NOTHING', [tenant])
  await app.sql(
    `INSERT INTO events (id, seq, tenant_id, type, source, severity, subject, payload, occurred_at, received_at, published_by_kind, published_by_id, trace_parent)
     SELECT id, nextval('events_seq'), $2, 'order.' || (i % 3), 'shop', (ARRAY['INFO', 'ERROR'])[1 + i % 2]::"Severity", 'order ' || i,
       (($3::text[])[1 + i % cardinality($3::text[])])::json, at, at, 'API_KEY', 'key_1',
       CASE i % 2 WHEN 0 THEN '00-' || md5(i::text) || '-b7ad6b7169203331-01' END
     FROM (SELECT id, (n - 1)::int AS i, to_timestamp(uuid7_ms(id) / 1000.0) AS at FROM unnest($1::uuid[]) WITH ORDINALITY AS u(id, n)) AS e ORDER BY i`,
    [ids, tenant, payloads],
  )
  if (webhook === undefined) return ids
  const isOpen = status === 'PENDING' || status === 'FAILED'
  await app.sql(
    `WITH made AS (
       INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, attempt_count, max_attempts, created_at,
         completed_at, next_attempt_at)
       SELECT d, e, $3, $4, 'order.0', 'http://127.0.0.1:9/', $5::"DeliveryStatus", 1, 8, to_timestamp(uuid7_ms(d) / 1000.0),
         CASE WHEN $6 THEN NULL ELSE to_timestamp(uuid7_ms(d) / 1000.0) END, CASE WHEN $6 THEN now() + interval '1 hour' END
       FROM unnest($1::uuid[], $2::uuid[]) AS u(d, e) RETURNING id, webhook_id
     )
     INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, request_headers)
     SELECT id, id, webhook_id, 1, to_timestamp(uuid7_ms(id) / 1000.0), 5, 200, '{}' FROM made`,
    [
      ids.map((id) => uuidAt(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16))),
      ids,
      webhook,
      tenant,
      status,
      isOpen,
    ],
  )
  return ids
}

/** Inserts a webhook to which nothing is sent. */
export async function seedWebhook(app: TestApp, tenant: string | null): Promise<string> {
  const id = newId()
  await app.sql(
    `INSERT INTO webhooks (id, name, url, tenant_id, event_types, state, retry_schedule, secret_sealed, updated_at)
     VALUES ($1, 'w', 'http://127.0.0.1:9/', $2, '{nothing}', 'PAUSED', '{5}', 'none', now())`,
    [id, tenant],
  )
  return id
}

export interface PruneScope {
  scope: string
  tenantId: string | null
  retentionDays: number
  cutoff: string
  prunedCount: number
  archivedCount: number
  archiveFiles: string[]
  strategy: string
  error: string | null
}
export interface PruneRun {
  id: string
  finishedAt: string | null
  dryRun: boolean
  totalPruned: number
  scopes: PruneScope[]
}

export const RUN_FIELDS =
  'id finishedAt dryRun totalPruned scopes { scope tenantId retentionDays cutoff prunedCount archivedCount archiveFiles strategy error }'

/** Prunes through the API. */
export async function prune(app: TestApp, { dryRun = false } = {}): Promise<PruneRun> {
  const { pruneEvents } = await app.ok<{ pruneEvents: { run: PruneRun } }>(
    `mutation ($dryRun: Boolean) { pruneEvents(dryRun: $dryRun) { run { ${RUN_FIELDS} } } }`,
    { dryRun },
  )
  return pruneEvents.run
}

/** The result of a run for a tenant, or for `system`: the events of no tenant. */
export const scopeOf = (run: PruneRun, scope: string): PruneScope => run.scopes.find((one) => one.scope === scope)!

/** Sets a tenant's retention through the API. */
export const setDays = (app: TestApp, tenantId: string, retentionDays: number): Promise<unknown> =>
  app.ok(`mutation { setTenantRetention(tenantId: "${tenantId}", retentionDays: ${retentionDays}) { tenant { id } } }`)

/** Sets or ends a tenant's legal hold through the API. */
export const setHold = (app: TestApp, tenantId: string, on: boolean): Promise<unknown> =>
  app.ok(
    `mutation { setLegalHold(tenantId: "${tenantId}", hold: ${on}, reason: "a lawsuit") { tenant { legalHold } } }`,
  )

/** Removes events, deliveries, webhooks, prune runs and policies, and creates the partitions of past days. */
export async function resetRetention(app: TestApp): Promise<void> {
  await removeEvents(app)
  await app.sql('TRUNCATE prune_runs, prune_scopes, retention_policies, legal_holds, feed_horizons, restored_days')
  await app.sql('DELETE FROM webhooks')
  await app.sql('SELECT recount_totals()')
  await ensurePartitions(app, 36)
}

/** The number of rows of a table, which may have a WHERE clause. */
export const countRows = async (app: TestApp, table: string): Promise<number> =>
  (await app.sql<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`))[0]!.count

/** Number of events per tenant ('' for system events) and day. */
export async function contents(app: TestApp): Promise<Record<string, number>> {
  const rows = await app.sql<{ key: string; count: number }>(
    `SELECT coalesce(tenant_id, '') || ' ' || to_char(to_timestamp(uuid7_ms(id) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS key, count(*)::int AS count
     FROM events GROUP BY 1`,
  )
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]))
}

/**
 * Creates the row of a prune run, and the context in which a worker would execute the run. `over` overrides parts of
 * the context.
 */
export async function createTask(
  app: TestApp,
  over: Partial<PruneTask> = {},
): Promise<PruneTask & { release(): void }> {
  const id = newId()
  const startedAt = new Date(app.core.clock())
  await app.sql(
    `INSERT INTO prune_runs (id, started_at, dry_run, started_by_kind, started_by_id) VALUES ($1, $2, false, 'SYSTEM', 'test')`,
    [id, startedAt],
  )
  const client = await app.core.db.connect()
  return {
    core: app.core,
    client,
    run: { id, startedAt, dryRun: false },
    publisher: app.pipeline.publisher,
    store: null,
    tables: [],
    signal: new AbortController().signal,
    ...over,
    release: () => client.release(true),
  }
}
