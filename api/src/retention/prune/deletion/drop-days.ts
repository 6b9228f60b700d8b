import { uuidFloor } from '../../../kit/ids.ts'
import { withDeletionLock } from '../../policies/lock.ts'
import { DAY_MS, type Day, dayName } from '../../policies/policy.ts'
import type { DayPlan } from '../plan.ts'
import { mayGo, type PruneTask } from '../task.ts'
import { listPartitions, PARTITIONED, type PartitionedTable, partitionName } from './partitions.ts'
import { retryLocked, transaction } from './transaction.ts'

/**
 * DROP TABLE needs an exclusive lock: it waits for running statements, and all later statements queue behind it. So the
 * lock timeout is short and the lock is retried often.
 */
const LOCK_TIMEOUT_MS = 50
const TRIES = 25
/** How often a whole transaction is tried, if a statement other than the lock conflicts with another one. */
const TRANSACTION_TRIES = 3
/**
 * Maximum number of days that one transaction drops. After each of these transactions PostgreSQL waits for the disk, and
 * every connection plans its statements again. The exclusive lock is held for a few milliseconds per day.
 */
const CHUNK_DAYS = 8
/** Number of rows that one statement deletes before a drop. */
const BATCH = 1_000
/** The id of a replay in progress was generated at most this long ago. */
const RECENT_MS = 3_600_000

/** Consecutive days whose rows have all expired. They are dropped together. */
export type Span = readonly DayPlan[]

/**
 * Drops the partitions of expired days. False if they cannot be dropped, because retention has changed meanwhile or
 * because some rows must be kept. If the run is killed in between, some events have lost their deliveries; the next run
 * drops these events.
 */
export function dropDays(task: PruneTask, span: Span): Promise<boolean> {
  return withDeletionLock(task.client, async () => {
    const partitions = await listPartitions(task.client)
    if (!(await isDroppable(task, span, partitions))) return false
    await deleteLaterRows(task, span)
    const chunks = Array.from({ length: Math.ceil(span.length / CHUNK_DAYS) }, (_, i) =>
      span.slice(i * CHUNK_DAYS, (i + 1) * CHUNK_DAYS),
    )
    const drop = (table: PartitionedTable, chunk: Span, steps: Steps) =>
      dropPartitions(
        task,
        table,
        chunk.map(({ day }) => partitionName(table, day)).filter((name) => partitions.has(name)),
        steps,
      )
    if (await exists(task, KEPT_ATTEMPTS, span)) await deleteAttempts(task, span)
    else for (const chunk of chunks) await drop('delivery_attempts', chunk, {})
    for (const chunk of chunks) {
      const isDropped = await drop('deliveries', chunk, {
        prepare: () => forgetDeliveries(task, chunk),
        isAllowed: async () => !(await exists(task, OPEN_REPLAYS, span, uuidFloor(Date.now() - RECENT_MS))),
      })
      if (!isDropped) return false
    }
    // The deliveries are gone, so nothing can be replayed any more.
    for (const chunk of chunks) await drop('events', chunk, { prepare: () => writeResults(task, chunk) })
    return true
  })
}

const dayBounds = (day: Day) => [uuidFloor(day * DAY_MS), uuidFloor((day + 1) * DAY_MS)] as const
const bounds = (span: Span) => [dayBounds(span[0]!.day)[0], dayBounds(span.at(-1)!.day)[1]] as const
const minutes = (span: Span) => [span[0]!.day * 1_440, (span.at(-1)!.day + 1) * 1_440]

const WITHIN_DAYS = 'detail IN (true, false) AND span IN (1, 10, 60, 1440) AND start >= $1 AND start < $2'

/**
 * Open deliveries of the span's events. $1 and $2 are the bounds of the span. In the span's own partitions they are
 * found by the index of open deliveries, in later ones by the index of events.
 */
const OPEN = `SELECT FROM deliveries WHERE id >= $1::uuid AND id < $2::uuid AND status IN ('PENDING', 'FAILED')
  UNION ALL SELECT FROM deliveries WHERE id >= $2::uuid AND event_id >= $1::uuid AND event_id < $2::uuid AND status IN ('PENDING', 'FAILED')`
/** Deliveries within the span that replay earlier events which are kept. */
const KEPT_DELIVERIES = `SELECT FROM deliveries d WHERE d.id >= $1::uuid AND d.id < $2::uuid AND d.event_id < $1::uuid
  AND EXISTS (SELECT FROM events e WHERE e.id = d.event_id)`
const KEPT_ATTEMPTS = `SELECT FROM delivery_attempts a WHERE a.id >= $1::uuid AND a.id < $2::uuid AND a.delivery_id < $1::uuid
  AND EXISTS (SELECT FROM deliveries d WHERE d.id = a.delivery_id)`
/** Open replays of the span's events. $3 is the lowest id that a replay in progress can have. */
const OPEN_REPLAYS = `SELECT FROM deliveries WHERE id >= $3::uuid AND event_id >= $1::uuid AND event_id < $2::uuid AND status IN ('PENDING', 'FAILED')`

async function exists({ client }: PruneTask, query: string, span: Span, ...more: string[]): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(`SELECT EXISTS (${query}) AS found`, [
    ...bounds(span),
    ...more,
  ])
  return rows[0]?.found ?? false
}

async function isDroppable(task: PruneTask, span: Span, partitions: ReadonlySet<string>): Promise<boolean> {
  const scopes = span.flatMap(({ day, scopes }) => scopes.map(({ tenantId }) => ({ day, tenantId })))
  if (!(await mayGo(task, scopes))) return false
  // Rows of a day that has no partition are in the default partition, together with rows of other days.
  for (const table of PARTITIONED) {
    const isWhole = span.every(({ day }) => partitions.has(partitionName(table, day)))
    if (!isWhole && (await exists(task, `SELECT FROM ${table}_default WHERE id >= $1::uuid AND id < $2::uuid`, span)))
      return false
  }
  // If the plan was made with wrong totals, events may exist that the plan does not name. These must not be dropped.
  for (const plan of span) {
    const expected = new Set(plan.scopes.map(({ tenantId }) => tenantId))
    if ((await tenantsOf(task, plan.day)).some((tenantId) => !expected.has(tenantId))) return false
  }
  return !(await exists(task, OPEN, span)) && !(await exists(task, KEPT_DELIVERIES, span))
}

/** The tenants that have events on a day, found with one index look-up each. */
async function tenantsOf({ client }: PruneTask, day: Day): Promise<(string | null)[]> {
  const { rows } = await client.query<{ tenant: string | null }>(
    `WITH RECURSIVE t AS (
       (SELECT e.tenant_id FROM events e WHERE e.id >= $1::uuid AND e.id < $2::uuid AND e.tenant_id IS NOT NULL ORDER BY e.tenant_id, e.id LIMIT 1)
       UNION ALL SELECT (SELECT e.tenant_id FROM events e WHERE e.id >= $1::uuid AND e.id < $2::uuid AND e.tenant_id > t.tenant_id
         ORDER BY e.tenant_id, e.id LIMIT 1) FROM t WHERE t.tenant_id IS NOT NULL
     )
     SELECT tenant_id AS tenant FROM t WHERE tenant_id IS NOT NULL
     UNION ALL (SELECT NULL FROM events e WHERE e.id >= $1::uuid AND e.id < $2::uuid AND e.tenant_id IS NULL LIMIT 1)`,
    [...dayBounds(day)],
  )
  return rows.map(({ tenant }) => tenant)
}

/**
 * Deletes rows in later partitions that belong to the span: deliveries of its events (replays, and deliveries that were
 * made after midnight), and attempts of its deliveries.
 */
async function deleteLaterRows(task: PruneTask, span: Span): Promise<void> {
  const { client, signal } = task
  const options = { signal, lockTimeoutMs: 200, tries: TRIES }
  for (let deleted = BATCH; deleted === BATCH; ) {
    deleted = await transaction(client, options, async () => {
      const { rows } = await client.query<{ count: number }>(
        `SELECT delivery_count AS count FROM prune_deliveries(ARRAY(SELECT id FROM deliveries
           WHERE id >= $2::uuid AND event_id >= $1::uuid AND event_id < $2::uuid AND status NOT IN ('PENDING', 'FAILED') LIMIT ${BATCH}))`,
        [...bounds(span)],
      )
      return rows[0]?.count ?? 0
    })
  }
  await deleteAttemptsWhere(task, span, 'a.id >= $2::uuid AND a.delivery_id >= $1::uuid AND a.delivery_id < $2::uuid')
}

/** Deletes the span's own attempts one by one, if its partitions also contain attempts that must be kept. */
const deleteAttempts = (task: PruneTask, span: Span) =>
  deleteAttemptsWhere(
    task,
    span,
    'a.id >= $1::uuid AND a.id < $2::uuid AND (a.delivery_id IS NULL OR (a.delivery_id >= $1::uuid AND a.delivery_id < $2::uuid))',
  )

async function deleteAttemptsWhere({ client, signal }: PruneTask, span: Span, condition: string): Promise<void> {
  for (let deleted = BATCH; deleted === BATCH; ) {
    signal.throwIfAborted()
    const { rowCount } = await client.query(
      `DELETE FROM delivery_attempts WHERE id = ANY(ARRAY(SELECT a.id FROM delivery_attempts a WHERE ${condition} LIMIT ${BATCH}))`,
      [...bounds(span)],
    )
    deleted = rowCount ?? 0
  }
}

interface Steps {
  /** Runs in the transaction of the drop, before the table is locked. */
  prepare?: () => Promise<void>
  /** Called while the table is locked. If it returns false, the transaction is rolled back. */
  isAllowed?: () => Promise<boolean>
}

/**
 * Drops partitions and runs `steps` in the same transaction; without partitions only runs `steps`. Returns whether
 * `isAllowed` allowed it.
 */
async function dropPartitions(
  { client, signal }: PruneTask,
  table: PartitionedTable,
  names: readonly string[],
  { prepare, isAllowed }: Steps,
): Promise<boolean> {
  const options = { signal, lockTimeoutMs: LOCK_TIMEOUT_MS, tries: TRIES }
  return transaction(client, { ...options, tries: TRANSACTION_TRIES }, async () => {
    await prepare?.()
    if (names.length > 0) {
      // ONLY: a drop needs no lock on the other partitions.
      const locked = [table, ...names].map((name) => `ONLY ${name}`)
      await retryLocked(client, options, `LOCK TABLE ${locked.join(', ')} IN ACCESS EXCLUSIVE MODE`)
    }
    if (isAllowed && !(await isAllowed())) throw new NotAllowed()
    if (names.length > 0) await client.query(`DROP TABLE ${names.join(', ')}`)
    return true
  }).catch((error: unknown) => {
    if (error instanceof NotAllowed) return false
    throw error
  })
}

/** Rolls back the transaction of a drop that is not allowed. */
class NotAllowed extends Error {}

async function forgetDeliveries({ client }: PruneTask, span: Span): Promise<void> {
  await client.query(`DELETE FROM delivery_totals WHERE ${WITHIN_DAYS}`, minutes(span))
  await client.query('DELETE FROM delivery_ends WHERE id >= $1::uuid AND id < $2::uuid', [...bounds(span)])
}

/**
 * Deletes the totals of days whose partitions of events are dropped, counts their events in the run's result, and
 * records in the feed that events up to these days are gone.
 */
async function writeResults(task: PruneTask, span: Span): Promise<void> {
  await task.client.query(`DELETE FROM event_totals WHERE ${WITHIN_DAYS}`, minutes(span))
  for (const plan of span) await writeResult(task, plan)
}

async function writeResult({ client, run }: PruneTask, plan: DayPlan): Promise<void> {
  await client.query('DELETE FROM restored_days WHERE day = $1::date', [dayName(plan.day)])
  if (plan.scopes.length === 0) return
  const tenants = plan.scopes.map(({ tenantId }) => tenantId ?? '')
  await client.query(
    `UPDATE prune_scopes s SET pruned_count = s.pruned_count + p.events, dropped_days = s.dropped_days + 1
     FROM unnest($2::text[], $3::bigint[]) AS p(tenant_id, events)
     WHERE s.run_id = $1 AND s.subject IN ('EVENTS', 'SYSTEM_EVENTS') AND s.tenant_id = p.tenant_id`,
    [run.id, tenants, plan.scopes.map(({ events }) => events)],
  )
  // All tenants get the day's last position in the feed. For some tenants that is slightly too late, which does no
  // harm. Each tenant's own position would need a scan of all rows.
  await client.query(
    `INSERT INTO feed_horizons AS h (tenant_id, seq)
     SELECT t.tenant_id, (SELECT seq FROM events WHERE id >= $2::uuid AND id < $3::uuid ORDER BY seq DESC LIMIT 1)
     FROM unnest($1::text[]) AS t(tenant_id)
     ON CONFLICT (tenant_id) DO UPDATE SET seq = greatest(h.seq, excluded.seq)`,
    [tenants, ...dayBounds(plan.day)],
  )
}
