import { expect } from 'vitest'
import { publicId, tryUuid, uuidOf } from '../../src/kit/ids.ts'
import type { TestApp } from '../harness.ts'
import type { AlertModel, ModelAlert } from './alert-model.ts'

/** A rule in the database, and the model of its alerts. */
export interface ModelledRule {
  model: AlertModel
  id: string
  /** The event type that it counts, and its name. */
  type: string
  /** The start of the model by the test clock. */
  start: number
}

export interface StoredAlert {
  id: string
  groupKey: string
  status: ModelAlert['status']
  changes: ModelAlert['changes']
  matched: number
  counted: number
  silenceId: string | null
  lastNotifiedAt: Date | null
  nextNotifyAt: Date
}

export const storedAlerts = (app: TestApp, { id }: ModelledRule) =>
  app.sql<StoredAlert>(
    `SELECT id, group_key AS "groupKey", status, matched, silence_id AS "silenceId", last_notified_at AS "lastNotifiedAt",
       next_notify_at AS "nextNotifyAt", (SELECT coalesce(sum(value::int), 0)::int FROM json_each_text(tenants)) AS counted,
       ARRAY(SELECT change::text FROM alert_transitions WHERE alert_id = a.id ORDER BY id) AS changes
     FROM alerts a WHERE rule_id = $1 ORDER BY id`,
    [uuidOf('rul', id, 'id')],
  )

/** A time of the database in the time of the model. */
const modelTime = ({ start }: ModelledRule, at: Date) => Math.floor((at.getTime() - start) / 100_000) * 100_000

const modelOf = (
  rule: ModelledRule,
  { groupKey, status, changes, matched, silenceId, ...row }: StoredAlert,
): ModelAlert => ({
  groupKey,
  status,
  changes,
  matched,
  silence: rule.model.silences.find(({ id }) => tryUuid('sil', id) === silenceId) ?? null,
  lastNotifiedAt: row.lastNotifiedAt && modelTime(rule, row.lastNotifiedAt),
  nextNotifyAt: modelTime(rule, row.nextNotifyAt),
})

const LIFE = /^RAISED( (REPEATED|SILENCED))*( ACKNOWLEDGED( SILENCED)*)?( RESOLVED)?$/

/** Expects what holds for the alerts of a rule in whatever order concurrent calls happened. */
function expectSound({ model }: ModelledRule, alerts: readonly StoredAlert[]): void {
  for (const { status, changes, matched, counted } of alerts) {
    expect(changes.join(' ')).toMatch(LIFE)
    const acknowledged = changes.includes('ACKNOWLEDGED') ? 'ACKNOWLEDGED' : 'FIRING'
    expect(status).toBe(changes.includes('RESOLVED') ? 'RESOLVED' : acknowledged)
    expect(counted).toBe(matched)
  }
  const open = alerts.filter(({ status }) => status !== 'RESOLVED').map(({ groupKey }) => groupKey)
  expect(open).toEqual([...new Set(open)])
  if (!model.enabled) expect(open).toEqual([])
}

const heldBack = async (app: TestApp, { model: { silences } }: ModelledRule) => {
  const rows = await app.sql<{ id: string; count: number }>(
    'SELECT id, held_back AS count FROM silences WHERE id = ANY ($1::uuid[])',
    [silences.map(({ id }) => uuidOf('sil', id, 'id'))],
  )
  return new Map(rows.map(({ id, count }) => [publicId('sil', id), count]))
}

const byGroup = (alerts: readonly ModelAlert[]) => alerts.toSorted((a, b) => (a.groupKey < b.groupKey ? -1 : 1))

/** Expects the alerts and the silences that the model has. */
export async function expectAsModelled(app: TestApp, rule: ModelledRule): Promise<void> {
  const alerts = await storedAlerts(app, rule)
  expectSound(rule, alerts)
  const { model } = rule
  expect(byGroup(alerts.map((alert) => modelOf(rule, alert)))).toEqual(byGroup(model.alerts))
  expect(await heldBack(app, rule)).toEqual(new Map(model.silences.map(({ id, heldBack }) => [id, heldBack])))
}

/** Takes over what is stored after concurrent calls, whose order the model does not know. */
export async function adopt(app: TestApp, rule: ModelledRule): Promise<void> {
  const { model } = rule
  const held = await heldBack(app, rule)
  for (const silence of model.silences) silence.heldBack = held.get(silence.id)!
  const alerts = await storedAlerts(app, rule)
  expectSound(rule, alerts)
  const adopted = alerts.map((alert) => modelOf(rule, alert))
  for (const [i, { groupKey, changes }] of byGroup(model.alerts).entries()) {
    const earlier = byGroup(model.alerts).slice(0, i)
    const nth = earlier.filter((other) => other.groupKey === groupKey).length
    const same = adopted.filter((alert) => alert.groupKey === groupKey)[nth]
    expect(same?.changes.slice(0, changes.length)).toEqual(changes)
  }
  model.alerts = adopted
}

const EVENT_TYPES: Record<string, string | null> = {
  RAISED: 'ops.alert.raised',
  REPEATED: 'ops.alert.repeated',
  ACKNOWLEDGED: 'ops.alert.acknowledged',
  RESOLVED: 'ops.alert.resolved',
  SILENCED: null,
}

interface Entry {
  change: string
  alertId: string
  notify: boolean
  recipients: number | null
  type: string | null
  subject: string | null
}

/** Expects one event for each entry of the timelines except SILENCED, and one delivery for each notification. */
export async function expectPublished(app: TestApp, { id }: ModelledRule): Promise<void> {
  const ruleId = uuidOf('rul', id, 'id')
  const entries = await app.sql<Entry>(
    `SELECT t.change, t.alert_id AS "alertId", t.notify, t.recipients, e.type, e.subject
     FROM alert_transitions t LEFT JOIN events e ON e.id = t.event_id WHERE t.rule_id = $1`,
    [ruleId],
  )
  for (const { change, alertId, notify, recipients, type, subject } of entries) {
    const expected = EVENT_TYPES[change]
    expect({ change, type, subject, recipients }).toEqual({
      change,
      type: expected,
      subject: expected && publicId('alr', alertId),
      recipients: expected && Number(notify),
    })
  }
  const [counts] = await app.sql(
    `SELECT (SELECT count(*)::int FROM events WHERE type LIKE 'ops.alert.%' AND payload ->> 'rule' = $2) AS events,
       (SELECT count(*)::int FROM deliveries WHERE rule_id = $1) AS deliveries,
       (SELECT count(DISTINCT message_event_id)::int FROM alert_transitions WHERE rule_id = $1 AND notify) AS messages`,
    [ruleId, id],
  )
  const messages = (counts as { messages: number }).messages
  const events = entries.filter(({ change }) => change !== 'SILENCED').length
  expect(counts).toEqual({ events, deliveries: messages, messages })
}
