import type { AppContext } from '../../app-context.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { advanceTotals } from './advance.ts'
import { DETAILED_MINUTES_MS } from './narrow.ts'

/** Totals are deleted this much later than DETAILED_MINUTES_MS, for readers that have just decided to read them. */
const DETAIL_MARGIN_MS = 3_600_000

// One statement, so that deliveries and `delivery_ends` are read from one snapshot. If a delivery is counted here for
// the first time, its row in `delivery_ends` is deleted without being counted, because the row of the delivery shows
// its end. Counts are first grouped by the shortest span that stores them.
const COUNT = `WITH ended AS (
    DELETE FROM delivery_ends WHERE id < $2::uuid RETURNING *
  ), recovered AS (
    DELETE FROM delivery_recoveries WHERE id < $2::uuid RETURNING *
  ), fresh AS MATERIALIZED (
    SELECT id, tenant_id, webhook_id, event_type, status, changed_at, last_error_kind AS error_kind, last_status_code AS status_code,
        status = 'DEAD_LETTER' AND recovered_by_id IS NULL AND rescues_id IS NULL AS unrecovered,
        status IN ('DEAD_LETTER', 'CANCELLED') AND recovered_by_id IS NOT NULL AS recovered, 1 AS made
      FROM deliveries WHERE id >= $1::uuid AND id < $2::uuid
    UNION ALL SELECT id, tenant_id, webhook_id, event_type, status, changed_at, error_kind, status_code, unrecovered, recovered, 0
      FROM ended WHERE id < $1::uuid
  ), gathered AS MATERIALIZED (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute)::int AS at, tenant_id, webhook_id, event_type, sum(made) AS made,
      count(*) FILTER (WHERE status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM (SELECT *, CASE WHEN minute >= $3::int THEN minute ELSE minute / 10 * 10 END AS unit
      FROM (SELECT *, uuid7_ms(id) / ${MINUTE_MS} AS minute FROM fresh OFFSET 0) AS e OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, webhook_id, event_type), (minute, tenant_id))
  ), made AS (
    INSERT INTO delivery_totals AS t (detail, span, start, tenant_id, webhook_id, event_type, made, delivered, dead_letter, cancelled)
    SELECT detail, span, at / span * span AS start, coalesce(tenant_id, ''), coalesce(webhook_id, '00000000-0000-0000-0000-000000000000'),
      coalesce(event_type, ''), sum(made), sum(delivered), sum(dead), sum(cancelled)
    FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR NOT detail OR at >= $3::int
    GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (detail, span, start, tenant_id, webhook_id, event_type) DO UPDATE
      SET made = t.made + excluded.made, delivered = t.delivered + excluded.delivered, dead_letter = t.dead_letter + excluded.dead_letter,
        cancelled = t.cancelled + excluded.cancelled
  )
  SELECT shift_outcome_totals(1,
    (SELECT array_agg((id, tenant_id, webhook_id, event_type, status, changed_at, error_kind, status_code, unrecovered, recovered)::counted_delivery)
      FROM fresh WHERE status NOT IN ('PENDING', 'FAILED')),
    (SELECT array_agg((id, tenant_id, webhook_id, event_type, 'DEAD_LETTER', changed_at, error_kind, status_code, unrecovered, true)::counted_delivery)
      FROM recovered WHERE id < $1::uuid), $3::int)`

/** Adds new deliveries and new ends to the totals. Returns whether more may be left. */
export const updateDeliveryTotals = (core: AppContext): Promise<boolean> =>
  advanceTotals(core, {
    name: 'deliveries',
    table: 'deliveries',
    count: async (client, { from, to }) =>
      void (await client.query(COUNT, [uuidFloor(from), uuidFloor(to), detailedFrom(core)])),
  })

export const detailedFrom = (core: AppContext) =>
  Math.floor((core.clock() - DETAILED_MINUTES_MS - DETAIL_MARGIN_MS) / MINUTE_MS)

/** Deletes totals of pruned deliveries, and totals per minute that are too old. */
export async function pruneDeliveryTotals(core: AppContext): Promise<void> {
  for (const table of ['delivery_totals', 'delivery_outcome_totals'])
    await core.db.query(`DELETE FROM ${table} WHERE detail AND span = 1 AND start < $1`, [detailedFrom(core)])
  const oldest = `coalesce((SELECT uuid7_ms(id) / ${MINUTE_MS} FROM deliveries ORDER BY id LIMIT 1), 2147483647)`
  const counted = `(SELECT until FROM totals_progress WHERE name = 'deliveries') > 0`
  await core.db.query(`DELETE FROM delivery_totals WHERE start + span <= ${oldest} AND ${counted}`)
  for (const table of ['delivery_outcome_totals', 'delivery_failure_totals'])
    await core.db.query(`DELETE FROM ${table} WHERE born < ${oldest} / 1440 AND ${counted}`)
}
