import type { PoolClient } from 'pg'
import { newId } from '../../kit/ids.ts'
import { type CountedEvents, countedEvents, keyOf } from '../lifecycle/counted-events.ts'
import { insertTransitions, type NewTransition } from '../lifecycle/transitions.ts'
import { groupOf } from '../matching/group-key.ts'
import { activeSilences } from '../silences/active.ts'
import type { RuleGroup } from './hand-off.ts'
import { changesAlert, explainJudgement, type Judgement, judge, MAX_OPEN_PER_RULE, withoutAlert } from './judge.ts'
import { type Observation, observe } from './observe.ts'

/** A stored judgement, and the id of the entry in the alert's timeline (null if it has none). */
export interface Applied {
  judgement: Judgement
  transitionId: string | null
}

/**
 * Judges groups and writes the changes in the transaction of `client`. Locks the rows of the rules, in a fixed order.
 * So a worker that evaluates a rule and an operator who edits it see each other's changes. Changes of a rule with
 * groups become due only after `groupWaitMs`, so that changes within a few seconds share one message.
 */
export async function applyChanges(
  client: PoolClient,
  groups: readonly RuleGroup[],
  { clockShift, groupWaitMs }: { clockShift: number; groupWaitMs: number },
): Promise<Applied[]> {
  await client.query({
    name: 'lock_alert_rules',
    text: 'SELECT FROM alert_rules WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE',
    values: [groups.map(({ ruleId }) => ruleId)],
  })
  const observations = await observe(async (statement) => (await client.query(statement)).rows, groups, clockShift)
  const raising = observations.filter(({ alert, matched, threshold }) => alert === null && matched >= threshold)
  const silences = await activeSilences(client, clockShift)
  const counted = await countedEvents(client, raising)
  const open = await openByRule(client, raising)
  const judgements = observations.map((observation) => {
    const judgement = judge(observation, silences, counted.get(keyOf(observation))?.source)
    const count = open.get(observation.ruleId)
    if (judgement.decision.change !== 'RAISED' || count === undefined) return judgement
    open.set(observation.ruleId, count + 1)
    return count >= MAX_OPEN_PER_RULE ? withoutAlert(judgement) : judgement
  })

  const alerts: object[] = []
  const updates: object[] = []
  const transitions: NewTransition[] = []
  const heldBack = new Map<string, number>()
  const applied = judgements.map((judgement): Applied => {
    if (!changesAlert(judgement)) return { judgement, transitionId: null }
    const { observation, decision, silence } = judgement
    const alertId = observation.alert?.id ?? newId()
    if (observation.alert === null) alerts.push(alertRow(alertId, judgement, counted.get(keyOf(observation))))
    else updates.push(updateRow(alertId, judgement))
    if (decision.heldBack && silence) heldBack.set(silence.id, (heldBack.get(silence.id) ?? 0) + 1)
    const transition = transitionOf(alertId, judgement, groupWaitMs)
    if (transition) transitions.push(transition)
    return { judgement, transitionId: transition?.id ?? null }
  })
  await insertAlerts(client, alerts)
  await updateAlerts(client, updates)
  await insertTransitions(client, transitions)
  for (const [id, count] of [...heldBack].sort())
    await client.query('UPDATE silences SET held_back = held_back + $2 WHERE id = $1', [id, count])
  return applied
}

const timestamp = (ms: number) => new Date(ms).toISOString()

/** The number of open alerts of each rule with groups that may raise one. */
async function openByRule(client: PoolClient, raising: readonly Observation[]): Promise<Map<string, number>> {
  const grouped = raising.filter(({ groupBy }) => groupBy.length > 0)
  if (grouped.length === 0) return new Map()
  const { rows } = await client.query<{ id: string; count: number }>(
    `SELECT r.id, (SELECT count(*)::int FROM alerts a WHERE a.rule_id = r.id AND a.status <> 'RESOLVED') AS count
     FROM unnest($1::uuid[]) AS r(id)`,
    [[...new Set(grouped.map(({ ruleId }) => ruleId))]],
  )
  return new Map(rows.map(({ id, count }) => [id, count]))
}

function alertRow(id: string, judgement: Judgement, counted: CountedEvents | undefined): object {
  const { observation, decision, silence, source } = judgement
  const { now, eventType, eventSeverity, groupBy } = observation
  return {
    id,
    rule_id: observation.ruleId,
    tenant_id: observation.tenantId,
    group_key: observation.groupKey,
    group_values: groupOf(groupBy, observation.groupKey),
    status: 'FIRING',
    severity: observation.severity,
    matched: observation.matched,
    threshold: observation.threshold,
    window_seconds: observation.windowSeconds,
    conditions: { eventType, source: observation.source, eventSeverity, groupBy },
    source,
    reason: explainJudgement(judgement),
    tenants: observation.tenants,
    event_ids: counted?.ids ?? [],
    started_at: timestamp(now),
    last_notified_at: decision.notify ? timestamp(now) : null,
    next_notify_at: timestamp(decision.nextNotifyAt ?? now),
    resolved_by_hand: false,
    silence_id: silence?.id ?? null,
  }
}

const insertAlerts = async (client: PoolClient, rows: readonly object[]): Promise<void> => {
  if (rows.length === 0) return
  await client.query({
    name: 'insert_alerts',
    text: 'INSERT INTO alerts SELECT * FROM json_populate_recordset(NULL::alerts, $1)',
    values: [JSON.stringify(rows)],
  })
}

function updateRow(id: string, { observation, decision, silence }: Judgement): object {
  const { now, matched, tenants } = observation
  const resolved = decision.change === 'RESOLVED'
  return {
    id,
    resolved,
    matched,
    tenants,
    silence_id: resolved ? (observation.alert?.silenceId ?? null) : (silence?.id ?? null),
    notified_at: decision.notify && !resolved ? timestamp(now) : null,
    next_notify_at: decision.nextNotifyAt === null ? null : timestamp(decision.nextNotifyAt),
    resolved_at: resolved ? timestamp(now) : null,
  }
}

const updateAlerts = async (client: PoolClient, rows: readonly object[]): Promise<void> => {
  if (rows.length === 0) return
  await client.query({
    name: 'update_alerts',
    text: `UPDATE alerts a SET status = CASE WHEN u.resolved THEN 'RESOLVED' ELSE a.status END, resolved_at = u.resolved_at,
       silence_id = u.silence_id, last_notified_at = coalesce(u.notified_at, a.last_notified_at),
       next_notify_at = coalesce(u.next_notify_at, a.next_notify_at),
       matched = CASE WHEN u.resolved THEN a.matched ELSE u.matched END, tenants = CASE WHEN u.resolved THEN a.tenants ELSE u.tenants END
     FROM json_to_recordset($1) AS u(id uuid, resolved bool, matched int, tenants json, silence_id uuid, notified_at timestamptz,
       next_notify_at timestamptz, resolved_at timestamptz)
     WHERE a.id = u.id AND a.status <> 'RESOLVED'`,
    values: [JSON.stringify(rows)],
  })
}

function transitionOf(alertId: string, judgement: Judgement, groupWaitMs: number): NewTransition | null {
  const { observation, decision } = judgement
  if (decision.change === null) return null
  const { now, groupBy, ruleId, matched, alert } = observation
  const resolved = decision.change === 'RESOLVED'
  return {
    id: newId(),
    alertId,
    ruleId,
    at: now,
    change: decision.change,
    status: resolved ? 'RESOLVED' : (alert?.status ?? 'FIRING'),
    actor: null,
    note: explainJudgement(judgement),
    matched,
    notify: decision.notify,
    // Null: the change SILENCED has no event, because a silence only affects notifications.
    dueAt: decision.change === 'SILENCED' ? null : now + (groupBy.length > 0 ? groupWaitMs : 0),
  }
}
