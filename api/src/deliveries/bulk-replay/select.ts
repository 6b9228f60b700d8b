import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { timeKey } from '../../db/keyset.ts'
import type { DeliveryQuery } from '../read/delivery-filter.ts'
import { fetchDeliveries } from '../read/list.ts'
import { countDeliveries } from '../read/stats.ts'
import { frozenQuery, restoredFilter } from './input.ts'
import { type BulkReplayRow, starterOf } from './rows.ts'

/** Maximum number of deliveries that one step selects. */
export const SELECT_CHUNK = 5_000

export interface Selected {
  id: string
  webhookId: string
}

export interface SelectedPage {
  rows: Selected[]
  /** The key after which the next page starts; null on the last page. */
  key: string | null
}

/**
 * The next deliveries of a query, in the order of their last change. A bulk replay's query (`frozenQuery`) accepts only
 * deliveries that last changed before its start. A delivery that changes later no longer matches. So even a page that
 * is read late contains only deliveries that matched at the start.
 */
export async function selectPage(
  core: AppContext,
  query: DeliveryQuery,
  after: string | null,
  take: number,
): Promise<SelectedPage> {
  const rows = await fetchDeliveries(core, query, { afterId: null, beforeId: after, take, order: 'asc' })
  const last = rows.length < take ? undefined : rows.at(-1)
  return {
    rows: rows.map(({ id, webhookId }) => ({ id, webhookId })),
    key: last ? timeKey(last.changedAt, last.id) : null,
  }
}

/** The next page of a stored bulk replay that has not selected all its deliveries. */
export async function selectNext(core: AppContext, row: BulkReplayRow): Promise<SelectedPage> {
  const query = row.filter && frozenQuery(starterOf(row), restoredFilter(row.filter), row.selectedAt.getTime())
  if (!query) return { rows: [], key: null }
  return selectPage(core, query, row.selectionKey, SELECT_CHUNK)
}

/** The deliveries with these ids that belong to a tenant (to any tenant if null). */
export const selectIds = (
  core: AppContext,
  tenantId: string | null,
  ids: readonly string[],
): Promise<(Selected & { tenantId: string | null })[]> =>
  core.db.query(
    `SELECT d.id, d.webhook_id AS "webhookId", d.tenant_id AS "tenantId" FROM deliveries d
     WHERE d.id = ANY($1::uuid[]) AND ($2::text IS NULL OR d.tenant_id = $2)`,
    [ids, tenantId],
  )

/**
 * The number of deliveries that a query matches, but at least `least`. If counting takes too long, the result is
 * `least`.
 */
export async function estimateTotal(core: AppContext, query: DeliveryQuery, least: number): Promise<number> {
  const counted = await countDeliveries(core, query).catch((error: unknown) => {
    core.log.debug({ err: error }, 'the deliveries of a bulk replay are counted while they are selected')
    return 0
  })
  return Math.max(least, counted)
}

/**
 * Creates the items of a page. Runs in the transaction that holds the lock of the bulk replay. Returns the bulk replay
 * with updated counts.
 */
export async function addItems(client: PoolClient, row: BulkReplayRow, page: SelectedPage): Promise<BulkReplayRow> {
  const { rows: added } = await client.query<{ n: number }>(ADD_ITEMS, [
    row.id,
    page.rows.map(({ id }) => id),
    page.rows.map(({ webhookId }) => webhookId),
    row.canary ? 'CANARY' : 'OPEN',
  ])
  const selected = row.selected + added.reduce((sum, { n }) => sum + n, 0)
  const isSelected = page.key === null
  return {
    ...row,
    selected,
    isSelected,
    selectionKey: page.key ?? row.selectionKey,
    total: isSelected ? selected + (row.skips.NOT_FOUND ?? 0) : Math.max(row.total, selected),
  }
}

const ADD_ITEMS = `WITH added AS (
    INSERT INTO bulk_replay_items (bulk_replay_id, delivery_id, webhook_id)
      SELECT $1, s.id, s.webhook_id FROM unnest($2::uuid[], $3::uuid[]) AS s(id, webhook_id) ON CONFLICT DO NOTHING
    RETURNING webhook_id
  ), counted AS (SELECT webhook_id, count(*)::int AS n FROM added GROUP BY webhook_id), kept AS (
    INSERT INTO bulk_replay_webhooks AS w (bulk_replay_id, webhook_id, phase, waiting)
      SELECT $1, c.webhook_id, $4::"BulkReplayPhase", c.n FROM counted c ORDER BY c.webhook_id
      ON CONFLICT (bulk_replay_id, webhook_id) DO UPDATE SET waiting = w.waiting + excluded.waiting
  )
  SELECT n FROM counted`
