import type { PoolClient } from 'pg'
import type {
  ActorKind,
  BulkReplayItemState,
  BulkReplayStatus,
  Role,
  SkipReason,
} from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { KeysetRange } from '../../db/keyset.ts'
import type { Identity } from '../../identity/identity.ts'
import type { WebhookProgress } from './rules.ts'

/** Number of skipped deliveries by reason. A missing reason counts as 0. */
export type SkipCounts = Partial<Record<SkipReason, number>>

/** A row of bulk_replays. */
export interface BulkReplayRow {
  id: string
  tenantId: string | null
  status: BulkReplayStatus
  paused: boolean
  startedByKind: ActorKind
  startedById: string
  startedByName: string | null
  startedByRoles: Role[]
  reachTenantId: string | null
  filter: object | null
  reason: string | null
  ratePerSecond: number | null
  canary: boolean
  skipUnhealthy: boolean
  force: boolean
  minLikelihood: number | null
  stopAfterFailures: number
  inputHash: string
  selectedAt: Date
  selectionKey: string | null
  isSelected: boolean
  total: number
  selected: number
  replayed: number
  delivered: number
  failed: number
  skips: SkipCounts
  error: string | null
  createdAt: Date
  finishedAt: Date | null
}

export const BULK_REPLAY_COLUMNS = `b.id, b.tenant_id AS "tenantId", b.status, b.paused, b.started_by_kind AS "startedByKind",
  b.started_by_id AS "startedById", b.started_by_name AS "startedByName", b.started_by_roles::text[] AS "startedByRoles",
  b.reach_tenant_id AS "reachTenantId", b.filter, b.reason, b.rate_per_second AS "ratePerSecond", b.canary,
  b.skip_unhealthy AS "skipUnhealthy", b.force, b.min_likelihood AS "minLikelihood", b.stop_after_failures AS "stopAfterFailures",
  b.input_hash AS "inputHash", b.selected_at AS "selectedAt", b.selection_key AS "selectionKey", b.is_selected AS "isSelected",
  b.total, b.selected, b.replayed, b.delivered, b.failed, b.skips, b.error, b.created_at AS "createdAt", b.finished_at AS "finishedAt"`

export const skippedOf = ({ skips }: Pick<BulkReplayRow, 'skips'>): number =>
  Object.values(skips).reduce((sum, count) => sum + count, 0)

export const isFinished = ({ status }: Pick<BulkReplayRow, 'status'>): boolean => status !== 'RUNNING'

/** Adds `count` to a reason in `skips`. */
export const withSkips = (skips: SkipCounts, reason: SkipReason, count: number): SkipCounts =>
  count === 0 ? skips : { ...skips, [reason]: (skips[reason] ?? 0) + count }

/** The identity that started a bulk replay, with the fields that its filter depends on. */
export const starterOf = (row: BulkReplayRow): Identity => ({
  kind: row.startedByKind,
  id: row.startedById,
  name: row.startedByName,
  roles: row.startedByRoles,
  tenantId: row.reachTenantId,
})

/** A tenant sees the bulk replays that contain only its own deliveries. */
const REACH = '($1::text IS NULL OR b.tenant_id = $1)'

type Query = AppContext['db']['query']

export const bulkReplaysById = (
  query: Query,
  tenantId: string | null,
  ids: readonly string[],
): Promise<BulkReplayRow[]> =>
  query<BulkReplayRow>(
    `SELECT ${BULK_REPLAY_COLUMNS} FROM bulk_replays b WHERE ${REACH} AND b.id = ANY($2::uuid[])`,
    [tenantId, ids],
    'bulk_replays_by_id',
  )

export interface BulkReplayListFilter {
  statuses: readonly BulkReplayStatus[] | null
  tenantId: string | null
}

/** Bulk replays that a tenant may see (all of them if `reach` is null), newest first. */
export const listBulkReplays =
  (query: Query, reach: string | null, { statuses, tenantId }: BulkReplayListFilter) =>
  ({ afterId, beforeId, take, order }: KeysetRange): Promise<BulkReplayRow[]> =>
    query<BulkReplayRow>(
      `SELECT ${BULK_REPLAY_COLUMNS} FROM bulk_replays b
       WHERE ${REACH} AND ($2::text IS NULL OR b.tenant_id = $2) AND ($3::text[] IS NULL OR b.status::text = ANY($3))
         AND ($4::uuid IS NULL OR b.id < $4) AND ($5::uuid IS NULL OR b.id > $5)
       ORDER BY b.id ${order} LIMIT $6`,
      [reach, tenantId, statuses, afterId, beforeId, take],
    )

/**
 * Makes the planner read items and deliveries by their keys until the transaction ends, even while the statistics still
 * describe empty tables, and plan a named statement once per connection.
 */
export const planByKeys = (client: PoolClient): Promise<unknown> =>
  client.query(
    `SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off;
     SET LOCAL plan_cache_mode = force_generic_plan`,
  )

/**
 * Locks a bulk replay until the transaction ends, so that steps, cancelling and pausing run one after another. Null if
 * the bulk replay was deleted.
 */
export async function lockBulkReplay(client: PoolClient, id: string): Promise<BulkReplayRow | null> {
  const { rows } = await client.query<BulkReplayRow>({
    name: 'bulk_replay_lock',
    text: `SELECT ${BULK_REPLAY_COLUMNS} FROM bulk_replays b WHERE b.id = $1 FOR UPDATE`,
    values: [id],
  })
  return rows[0] ?? null
}

/** Stores the result of a step. */
export async function saveBulkReplay(client: PoolClient, row: BulkReplayRow): Promise<void> {
  await client.query({
    name: 'bulk_replay_save',
    text: `UPDATE bulk_replays SET status = $2::"BulkReplayStatus", paused = $3, selection_key = $4, is_selected = $5, total = $6, selected = $7, replayed = $8,
       delivered = $9, failed = $10, skips = $11, error = $12, finished_at = CASE WHEN $2::"BulkReplayStatus" = 'RUNNING' THEN NULL ELSE coalesce(finished_at, db_now()) END
     WHERE id = $1`,
    values: [
      row.id,
      row.status,
      row.paused,
      row.selectionKey,
      row.isSelected,
      row.total,
      row.selected,
      row.replayed,
      row.delivered,
      row.failed,
      JSON.stringify(row.skips),
      row.error,
    ],
  })
}

/** The progress of a bulk replay at each webhook that has waiting deliveries or outstanding replays. */
export async function readProgress(client: PoolClient, id: string): Promise<WebhookProgress[]> {
  const { rows } = await client.query<WebhookProgress>({
    name: 'bulk_replay_progress',
    text: `SELECT webhook_id AS "webhookId", phase, stop_reason AS "stopReason", streak_kind AS "streakKind", streak, waiting, outstanding
     FROM bulk_replay_webhooks WHERE bulk_replay_id = $1 AND (waiting > 0 OR outstanding > 0) ORDER BY webhook_id`,
    values: [id],
  })
  return rows
}

export async function saveProgress(client: PoolClient, id: string, changed: readonly WebhookProgress[]): Promise<void> {
  if (changed.length === 0) return
  await client.query({
    name: 'bulk_replay_save_progress',
    text: `UPDATE bulk_replay_webhooks w SET phase = c.phase, stop_reason = c.stop_reason, streak_kind = c.streak_kind, streak = c.streak,
       waiting = c.waiting, outstanding = c.outstanding
     FROM unnest($2::uuid[], $3::"BulkReplayPhase"[], $4::"SkipReason"[], $5::"ErrorKind"[], $6::int[], $7::int[], $8::int[])
       AS c(webhook_id, phase, stop_reason, streak_kind, streak, waiting, outstanding)
     WHERE w.bulk_replay_id = $1 AND w.webhook_id = c.webhook_id`,
    values: [
      id,
      changed.map(({ webhookId }) => webhookId),
      changed.map(({ phase }) => phase),
      changed.map(({ stopReason }) => stopReason),
      changed.map(({ streakKind }) => streakKind),
      changed.map(({ streak }) => streak),
      changed.map(({ waiting }) => waiting),
      changed.map(({ outstanding }) => outstanding),
    ],
  })
}

/**
 * Stores new states of items. The subquery with OFFSET 0 reads each item by its key. Without it the planner may compare
 * all items of the bulk replay with each of these.
 */
export async function saveItems(
  client: PoolClient,
  id: string,
  items: ReadonlyArray<{
    deliveryId: string
    state: BulkReplayItemState
    skipReason: SkipReason | null
    replayId: string | null
  }>,
): Promise<void> {
  if (items.length === 0) return
  await client.query({
    name: 'bulk_replay_save_items',
    text: `UPDATE bulk_replay_items i SET state = n.state, skip_reason = n.skip_reason, replay_id = n.replay_id
     FROM unnest($2::uuid[], $3::"BulkReplayItemState"[], $4::"SkipReason"[], $5::uuid[]) AS n(delivery_id, state, skip_reason, replay_id)
       CROSS JOIN LATERAL (SELECT k.ctid FROM bulk_replay_items k WHERE k.bulk_replay_id = $1 AND k.delivery_id = n.delivery_id OFFSET 0) AS k
     WHERE i.ctid = k.ctid`,
    values: [
      id,
      items.map(({ deliveryId }) => deliveryId),
      items.map(({ state }) => state),
      items.map(({ skipReason }) => skipReason),
      items.map(({ replayId }) => replayId),
    ],
  })
}
