import type { PoolClient } from 'pg'
import type { BulkReplayItemState, ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { BulkReplayRow } from './rows.ts'
import { attempted, type StopRule, type WebhookProgress } from './rules.ts'

/** An item whose replay has a new state. */
export interface ItemChange {
  webhookId: string
  replayId: string
  was: BulkReplayItemState
  state: BulkReplayItemState
  kind: ErrorKind | null
}

/** The result of `collect`. */
export interface Collected {
  /** In the order of the last attempts. */
  changes: ItemChange[]
  /** The ids of the deliveries that the arrived replays recovered. */
  recoveredIds: string[]
}

/**
 * Maximum difference between the clocks of two machines. Apart from that, a replay is never older than its bulk replay.
 */
const SKEW_MS = 60_000

// The CASE expression computes the same states as itemState() in rules.ts. Nothing else changes items while the bulk
// replay is locked, so a row is still at its ctid when it is updated.
const COLLECT = `WITH changed AS (
    SELECT i.ctid, i.webhook_id, i.replay_id, i.state AS was, d.last_error_kind AS kind, d.last_attempt_at AS at,
      CASE WHEN d.id IS NULL OR d.status IN ('DEAD_LETTER', 'CANCELLED') THEN 'FAILED' WHEN d.status = 'DELIVERED' THEN 'DELIVERED'
        WHEN d.attempt_count > 0 THEN 'RETRYING' ELSE 'SENT' END::"BulkReplayItemState" AS state
    FROM bulk_replay_items i LEFT JOIN deliveries d ON d.id = i.replay_id AND d.id >= $2::uuid
    WHERE i.bulk_replay_id = $1 AND i.state = ANY ($3::"BulkReplayItemState"[]) AND i.state IN ('SENT', 'RETRYING', 'FAILED', 'SKIPPED') OFFSET 0
  ), stored AS (
    UPDATE bulk_replay_items i SET state = c.state FROM changed c
    WHERE i.ctid = c.ctid AND c.state <> c.was
    RETURNING c.webhook_id, c.replay_id, c.was, c.state, c.kind, c.at
  )
  SELECT webhook_id AS "webhookId", replay_id AS "replayId", was, state, kind FROM stored ORDER BY at NULLS FIRST`

/**
 * Updates the items whose stored state is one of `states`, and marks the deliveries that arrived replays recovered
 * (`recovery_deferred`). Locks these deliveries, so the same transaction must not lock events afterwards: see
 * replay_deliveries().
 */
export async function collect(
  client: PoolClient,
  row: BulkReplayRow,
  states: readonly BulkReplayItemState[],
): Promise<Collected> {
  const { rows: changes } = await client.query<ItemChange>({
    name: 'bulk_replay_collect',
    text: COLLECT,
    values: [row.id, uuidFloor(row.createdAt.getTime() - SKEW_MS), states],
  })
  const arrived = changes.filter(({ state }) => state === 'DELIVERED').map(({ replayId }) => replayId)
  if (arrived.length === 0) return { changes, recoveredIds: [] }
  const { rows } = await client.query<{ ids: string[] }>({
    name: 'mark_recovered',
    text: 'SELECT mark_recovered($1::uuid[]) AS ids',
    values: [arrived],
  })
  return { changes, recoveredIds: rows[0]?.ids ?? [] }
}

/**
 * The counts of a bulk replay after these changes of its items. A replay that will be retried counts as failed until it
 * is delivered.
 */
export function counted(row: BulkReplayRow, changes: readonly ItemChange[]): BulkReplayRow {
  if (changes.length === 0) return row
  let { delivered, failed } = row
  for (const { was, state } of changes) {
    if (was === 'RETRYING') failed--
    if (state === 'DELIVERED') delivered++
    else if (state !== 'SENT') failed++
  }
  return { ...row, delivered, failed }
}

/**
 * The progress at each webhook after these changes of items. The first attempt of the canary opens or stops a webhook,
 * too many consecutive failures stop it, and a successful retry ends a series of failures.
 */
export function progressed(
  progress: ReadonlyMap<string, WebhookProgress>,
  changes: readonly ItemChange[],
  rule: StopRule,
): Map<string, WebhookProgress> {
  const next = new Map(progress)
  for (const { webhookId, was, state, kind } of changes) {
    const webhook = next.get(webhookId)
    if (!webhook) continue
    const arrived = state === 'DELIVERED'
    if (was === 'SENT') next.set(webhookId, attempted(webhook, { arrived, kind: arrived ? null : kind }, rule))
    else if (arrived) next.set(webhookId, { ...webhook, streakKind: null, streak: 0 })
  }
  return next
}
