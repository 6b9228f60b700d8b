import type { AppContext } from '../app-context.ts'
import { clockShift, databaseNow } from '../db/database-clock.ts'
import type { ExpiringTable } from '../db/expiring-table.ts'
import { forgetEvaluations } from './evaluation/evaluation-log.ts'

/**
 * Minimum number of matches that are kept for a group. A rule with a higher threshold keeps as many as its threshold.
 */
const KEPT_MATCHES = 10_000

/**
 * Deletes matches that are no longer in the window of their rule, and matches of deleted, disabled and edited rules.
 */
const FORGET_MATCHES = `DELETE FROM alert_matches m USING alert_rules r WHERE r.id = m.rule_id AND (
    r.deleted_at IS NOT NULL OR NOT r.enabled OR m.version <> r.version OR m.at < ${databaseNow('$1')} - make_interval(secs => r.window_seconds))`

/**
 * Deletes the oldest of a group's matches if there are too many. A rule that matches continuously would otherwise keep
 * a row for each append within its window.
 */
const FORGET_EXCESS = `DELETE FROM alert_matches m USING (
    SELECT g.rule_id, g.version, g.group_key, (SELECT n.at FROM alert_matches n
      WHERE n.rule_id = g.rule_id AND n.version = g.version AND n.group_key = g.group_key ORDER BY n.at DESC OFFSET g.kept LIMIT 1) AS until
    FROM (SELECT m.rule_id, m.version, m.group_key, greatest(r.threshold, ${KEPT_MATCHES}) AS kept FROM alert_matches m
      JOIN alert_rules r ON r.id = m.rule_id GROUP BY 1, 2, 3, r.threshold HAVING count(*) > 2 * greatest(r.threshold, ${KEPT_MATCHES})) AS g
  ) AS x WHERE m.rule_id = x.rule_id AND m.version = x.version AND m.group_key = x.group_key AND m.at < x.until`

/**
 * Deletes rows that no evaluation needs any more: matches outside the window of their rule, and evaluations older than
 * 24 h.
 */
export async function forgetOldMatches(core: AppContext): Promise<void> {
  const shift = clockShift(core)
  await core.db.query(FORGET_MATCHES, [shift])
  await core.db.query(FORGET_EXCESS)
  await forgetEvaluations(core, shift)
}

/** The retention policy of alerts prunes resolved alerts, including their timelines. */
export const EXPIRING_ALERTS: ExpiringTable = {
  table: 'alerts',
  subject: 'ALERTS',
  tenantColumn: 'tenant_id',
  ageColumn: 'resolved_at',
  isFinal: `t.status = 'RESOLVED'`,
}
