import type { SkipReason } from '../../../../prisma/generated/client/enums.ts'
import { createPageLoader } from '../../graphql/page-loader.ts'

/** The outcome of a bulk replay for one delivery; `id` is the delivery's. */
export interface BulkReplayItemRow {
  id: string
  bulkReplayId: string
  replayId: string | null
  outcome: ItemOutcome
  skipReason: SkipReason | null
}

export type ItemOutcome = 'WAITING' | 'SENT' | 'DELIVERED' | 'FAILED' | 'SKIPPED'

/**
 * The reason why a waiting item counts as skipped: its webhook was stopped, or its bulk replay has ended. It is derived
 * when items are read, so that skipping a million items needs no write to each of them.
 */
const REST = `CASE WHEN i.state = 'WAITING' THEN
  coalesce(w.stop_reason, CASE b.status WHEN 'CANCELLED' THEN 'CANCELLED' WHEN 'FAILED' THEN 'STOPPED' END::"SkipReason") END`
const FROM = `FROM bulk_replay_items i JOIN bulk_replays b ON b.id = i.bulk_replay_id
  LEFT JOIN bulk_replay_webhooks w ON w.bulk_replay_id = i.bulk_replay_id AND w.webhook_id = i.webhook_id`

/**
 * These conditions are identical to those of the partial indexes on bulk_replay_items; otherwise the indexes are not
 * used.
 */
const OF_OUTCOME: Record<ItemOutcome, string> = {
  WAITING: `i.state = 'WAITING' AND ${REST} IS NULL`,
  SENT: `i.state = 'SENT'`,
  DELIVERED: `i.state = 'DELIVERED'`,
  FAILED: `i.state IN ('RETRYING', 'FAILED')`,
  SKIPPED: `(i.state = 'SKIPPED' OR ${REST} IS NOT NULL)`,
}

/** A page of the items of each bulk replay, newest deliveries first. Items whose delivery was pruned are omitted. */
export const itemsPage = createPageLoader<BulkReplayItemRow, ItemOutcome | null>(
  (bulkReplayIds, { afterId, beforeId, take, order }, outcome, { core }) => {
    const direction = order === 'asc' ? 'ASC' : 'DESC'
    return core.db.query<BulkReplayItemRow>(
      `SELECT item.* FROM unnest($1::uuid[]) AS replay (id) CROSS JOIN LATERAL (
         SELECT i.delivery_id AS id, i.bulk_replay_id AS "bulkReplayId", i.replay_id AS "replayId",
           coalesce(i.skip_reason, ${REST}) AS "skipReason",
           CASE WHEN i.state = 'RETRYING' THEN 'FAILED' WHEN ${REST} IS NOT NULL THEN 'SKIPPED' ELSE i.state::text END AS outcome
         ${FROM}
         WHERE i.bulk_replay_id = replay.id AND ($2::uuid IS NULL OR i.delivery_id < $2) AND ($3::uuid IS NULL OR i.delivery_id > $3)
           AND ${outcome === null ? 'true' : OF_OUTCOME[outcome]} AND EXISTS (SELECT FROM deliveries d WHERE d.id = i.delivery_id)
         ORDER BY i.delivery_id ${direction} LIMIT $4) AS item
       ORDER BY item.id ${direction}`,
      [bulkReplayIds, afterId, beforeId, take],
    )
  },
  (item) => item.bulkReplayId,
)
