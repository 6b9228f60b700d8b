import type { AlertStatus, Severity } from '../../../../prisma/generated/client/enums.ts'
import { databaseNow } from '../../db/database-clock.ts'
import type { RuleGroup } from './hand-off.ts'

/** A group of a rule, with the data that its evaluation needs, from one instant. */
export interface Observation {
  ruleId: string
  groupKey: string
  ruleName: string
  tenantId: string | null
  eventType: string | null
  source: string | null
  eventSeverity: Severity | null
  severity: Severity
  windowSeconds: number
  threshold: number
  groupBy: string[]
  repeatIntervalSeconds: number
  webhookIds: string[]
  /** Whether the rule names webhooks and all of them were deleted. Then nobody is notified. */
  webhooksDeleted: boolean
  /**
   * Number of events within the window, counted over at most MAX_ROWS rows of matches (more if the threshold is
   * higher).
   */
  matched: number
  /** `matched` by tenant; "" for system events. */
  tenants: Record<string, number>
  alert: ObservedAlert | null
  /** Milliseconds since the epoch, by the database's clock. */
  now: number
}

export interface ObservedAlert {
  id: string
  status: Exclude<AlertStatus, 'RESOLVED'>
  source: string | null
  matched: number
  silenceId: string | null
  startedAt: number
  lastNotifiedAt: number | null
  nextNotifyAt: number
  acknowledgedBy: string | null
}

/** Maximum number of rows to sum. That is enough to show how far a rule is above its threshold. */
const MAX_ROWS = 10_000

const MS = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`

const OBSERVE = `SELECT r.id AS "ruleId", k.group_key AS "groupKey", r.name AS "ruleName", r.tenant_id AS "tenantId",
    r.event_type AS "eventType", r.source, r.event_severity AS "eventSeverity", r.severity, r.window_seconds AS "windowSeconds",
    r.threshold, r.group_by AS "groupBy", r.repeat_interval_seconds AS "repeatIntervalSeconds", r.webhook_ids AS "webhookIds",
    r.webhook_ids <> '{}' AND NOT EXISTS (SELECT FROM webhooks w WHERE w.id = ANY (r.webhook_ids) AND w.deleted_at IS NULL) AS "webhooksDeleted",
    coalesce(m.matched, 0) AS matched, coalesce(m.tenants, '{}') AS tenants, round(${MS('n.at')}) AS now,
    CASE WHEN a.id IS NOT NULL THEN json_build_object('id', a.id, 'status', a.status, 'source', a.source, 'matched', a.matched, 'silenceId', a.silence_id,
      'startedAt', ${MS('a.started_at')}, 'lastNotifiedAt', ${MS('a.last_notified_at')}, 'nextNotifyAt', ${MS('a.next_notify_at')},
      'acknowledgedBy', coalesce(a.acknowledged_by_name, a.acknowledged_by_id)) END AS alert
  FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS k(rule_id, group_key, i)
  CROSS JOIN (SELECT ${databaseNow('$3')} AS at) AS n
  JOIN alert_rules r ON r.id = k.rule_id AND r.enabled AND r.deleted_at IS NULL AND (r.rebuild_at IS NULL OR r.rebuild_at > r.updated_at)
  LEFT JOIN alerts a ON a.rule_id = k.rule_id AND a.group_key = k.group_key AND a.status <> 'RESOLVED'
  LEFT JOIN LATERAL (
    SELECT sum(t.count)::int AS matched, json_object_agg(t.tenant_id, t.count) AS tenants FROM (
      SELECT newest.tenant_id, sum(newest.count) AS count FROM (
        SELECT m.tenant_id, m.count FROM alert_matches m
        WHERE m.rule_id = r.id AND m.version = r.version AND m.group_key = k.group_key
          AND m.at > ${databaseNow('$3')} - make_interval(secs => r.window_seconds)
        ORDER BY m.at DESC LIMIT greatest(r.threshold, ${MAX_ROWS})
      ) AS newest GROUP BY 1
    ) AS t
  ) AS m ON true
  ORDER BY k.i`

/**
 * Observes groups. Disabled and deleted rules are left out. So are rules whose matches have not been rebuilt since an
 * edit: missing matches must not resolve an alert. `run` is the query function of the pool or of a transaction.
 */
export function observe(
  run: (statement: { name: string; text: string; values: unknown[] }) => Promise<Observation[]>,
  groups: readonly RuleGroup[],
  clockShift: number,
): Promise<Observation[]> {
  const values = [groups.map(({ ruleId }) => ruleId), groups.map(({ groupKey }) => groupKey), clockShift]
  return run({ name: 'observe_alert_rules', text: OBSERVE, values })
}
