import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import type { RuleGroup } from '../evaluation/hand-off.ts'

/** Maximum number of ids of counted events that an alert stores. */
const KEPT_IDS = 200
/** Number of newest events whose sources are compared. */
const SAMPLED = 5

/**
 * SQL for the ids of the newest events in a group, newest first. Needs `alert_rules r` and an expression for the
 * group's key.
 */
const newestIds = (groupKey: string): string => `ARRAY(SELECT n.id FROM (
    SELECT unnest(m.event_ids) AS id FROM (SELECT m.event_ids FROM alert_matches m
      WHERE m.rule_id = r.id AND m.version = r.version AND m.group_key = ${groupKey} ORDER BY m.at DESC LIMIT ${KEPT_IDS}) AS m
  ) AS n ORDER BY n.id DESC LIMIT ${KEPT_IDS})`

export interface CountedEvents {
  ids: string[]
  /** The source that the newest events share; null if they differ. */
  source: string | null
}

/** The events that each group has counted, by `keyOf(group)`. */
export async function countedEvents(
  client: PoolClient,
  groups: readonly RuleGroup[],
): Promise<Map<string, CountedEvents>> {
  if (groups.length === 0) return new Map()
  const { rows } = await client.query<RuleGroup & { ids: string[]; sources: string[] }>({
    name: 'counted_events',
    text: `SELECT k."ruleId", k."groupKey", k.ids,
       ARRAY(SELECT DISTINCT e.source FROM events e WHERE e.id = ANY (k.ids[1:${SAMPLED}])) AS sources
     FROM (SELECT r.id AS "ruleId", k.group_key AS "groupKey", ${newestIds('k.group_key')} AS ids
       FROM unnest($1::uuid[], $2::text[]) AS k(rule_id, group_key) JOIN alert_rules r ON r.id = k.rule_id) AS k`,
    values: [groups.map(({ ruleId }) => ruleId), groups.map(({ groupKey }) => groupKey)],
  })
  return new Map(
    rows.map(({ ids, sources, ...group }) => [
      keyOf(group),
      { ids, source: sources.length === 1 ? (sources[0] ?? null) : null },
    ]),
  )
}

export const keyOf = ({ ruleId, groupKey }: RuleGroup): string => `${ruleId} ${groupKey}`

/** Updates the events and counts that open alerts store. `matched` and `tenants` come from the latest observation. */
export async function refreshOpenAlerts(
  { db }: Pick<AppContext, 'db'>,
  alerts: readonly { id: string; matched: number; tenants: object }[],
): Promise<void> {
  if (alerts.length === 0) return
  await db.query(
    `UPDATE alerts a SET matched = u.matched, tenants = u.tenants,
       event_ids = ARRAY(SELECT DISTINCT id FROM unnest(a.event_ids || ${newestIds('a.group_key')}) AS id ORDER BY id DESC LIMIT ${KEPT_IDS})
     FROM json_to_recordset($1) AS u(id uuid, matched int, tenants json), alert_rules r
     WHERE a.id = u.id AND a.status <> 'RESOLVED' AND r.id = a.rule_id`,
    [JSON.stringify(alerts)],
  )
}
