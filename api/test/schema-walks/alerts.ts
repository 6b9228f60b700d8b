import { newId } from '../../src/kit/ids.ts'
import type { TestApp } from '../harness.ts'
import { publishOf } from './events.ts'
import { byId, create, register, type Tenant } from './register.ts'

const ruleOf = ({ tenantId, mark }: Tenant) =>
  `input: { name: "${mark}", tenantId: "${tenantId}", eventType: "${mark}.*", source: "${mark}", windowSeconds: 3600, threshold: 1,
    groupBy: ["source"] }`
const templateOf = ({ tenantId, mark }: Tenant) =>
  `input: { slug: "${mark}", name: "${mark}", description: "${mark}", tenantId: "${tenantId}",
    rule: { name: "${mark}", windowSeconds: 60, threshold: 1 } }`
const silenceOf = ({ tenantId, mark }: Tenant) =>
  `input: { matchers: { rule: "${mark}" }, tenantId: "${tenantId}", reason: "${mark}",
    endsAt: "${new Date(Date.now() + 3_600_000).toISOString()}" }`

const newRule = (app: TestApp, tenant: Tenant) =>
  create(app, `createAlertRule(${ruleOf(tenant)}) { created: rule { id } }`)

/** Creates an alert. A new rule counts the events that already exist, so it raises an alert at once. */
async function newAlert(app: TestApp, tenant: Tenant): Promise<string> {
  await publishOf(app, tenant)
  const rule = await newRule(app, tenant)
  const { alerts } = await app.ok<{ alerts: { nodes: { id: string }[] } }>(
    `{ alerts(filter: { ruleId: "${rule}" }) { nodes { id } } }`,
  )
  if (!alerts.nodes[0]) throw new Error(`no alert was raised: ${JSON.stringify(app.logs.slice(-3))}`)
  return alerts.nodes[0].id
}

register('alerts', {
  fresh: {
    // The alert is created first: an event published when a rule exists is evaluated in the background.
    alert: newAlert,
    alertRule: newRule,
    silence: (app, tenant) => create(app, `createSilence(${silenceOf(tenant)}) { created: silence { id } }`),
    alertTemplate: (app, tenant) =>
      create(app, `createAlertTemplate(${templateOf(tenant)}) { created: template { id } }`),
  },
  tables: {
    alert_rules: { ids: 'rul' },
    alerts: { ids: 'alr' },
    silences: { ids: 'sil' },
    alert_templates: { ids: 'tpl' },
  },
  mutations: {
    createAlertRule: { args: ruleOf, action: 'alertRule.create' },
    updateAlertRule: byId('alertRule.update', ', input: { threshold: 9 }'),
    setAlertRuleEnabled: byId('alertRule.setEnabled', ', enabled: false'),
    deleteAlertRule: byId('alertRule.delete'),
    previewAlertRule: { args: ruleOf, action: 'alertRule.preview', targetId: ({ mark }) => mark },
    evaluateAlertRules: { action: 'alertRule.evaluate', targetId: 'all', tenantId: null, onOwnRows: true },
    createAlertTemplate: { args: templateOf, action: 'alertTemplate.create' },
    deleteAlertTemplate: byId('alertTemplate.delete'),
    materializeAlertTemplate: byId('alertTemplate.materialize'),
    acknowledgeAlert: byId('alert.acknowledge', ', note: "seen"'),
    resolveAlert: byId('alert.resolve'),
    createSilence: { args: silenceOf, action: 'silence.create' },
    expireSilence: byId('silence.expire'),
  },
  subscriptions: {
    alerts: {
      args: ({ tenantId }) => `(tenantId: "${tenantId}")`,
      select: '{ change alert { id rule { name } events { id } } }',
      change: (app, { tenantId, ids }) =>
        app.ok(
          `mutation { acknowledgeAlert(id: "${ids.alert}") { alert { id } } }`,
          {},
          { as: { role: 'ADMIN', tenantId } },
        ),
    },
  },
  filters: { ruleId: ({ ids }) => `"${ids.alertRule}"` },
  /** Creates a rule, an alert with its timeline, a silence and a template for each number. */
  async many(app, numbers) {
    const rows = numbers.map((n) => ({
      n,
      rule: newId(),
      alert: newId(),
      transition: newId(),
      silence: newId(),
      template: newId(),
    }))
    const records = `(SELECT g.*, e.id AS event, w.id AS webhook
      FROM json_to_recordset($1) AS g(n int, rule uuid, alert uuid, transition uuid, silence uuid, template uuid)
      JOIN events e ON e.type = 'type.n' || g.n JOIN webhooks w ON w.name = 'w' || g.n) AS g`
    for (const statement of [
      `INSERT INTO alert_rules (id, name, description, event_type, source, window_seconds, threshold, group_by, repeat_interval_seconds, webhook_ids, updated_at)
       SELECT g.rule, 'r' || g.n, 'x', 'x', 'x', 60, 1, '{source}', 60, ARRAY[g.webhook], now() FROM ${records}`,
      `INSERT INTO silences (id, matchers, reason, starts_at, ends_at, created_by_kind, created_by_id)
       SELECT g.silence, '{"rule": "x"}', 'x', now(), now() + interval '1 hour', 'USER', 'me' FROM ${records}`,
      `INSERT INTO alerts (id, rule_id, group_key, group_values, status, severity, matched, threshold, window_seconds, conditions, reason, tenants,
         event_ids, started_at, next_notify_at, acknowledged_at, acknowledged_by_kind, acknowledged_by_id, silence_id)
       SELECT g.alert, g.rule, '["x"]', '{}', 'ACKNOWLEDGED', 'ERROR', 1, 1, 60, '{}', 'x', '{"": 1}', ARRAY[g.event], now(), now(), now(), 'USER', 'me',
         g.silence FROM ${records}`,
      `INSERT INTO alert_transitions (id, alert_id, rule_id, at, change, status, actor_kind, actor_id, matched, notify, due_at, event_id, message_event_id, recipients)
       SELECT g.transition, g.alert, g.rule, now(), 'ACKNOWLEDGED', 'ACKNOWLEDGED', 'USER', 'me', 1, true, now(), g.event, g.event, 1 FROM ${records}`,
      `INSERT INTO alert_evaluations (rule_id, minute, group_key, outcome, at, matched, threshold, explanation, tenants, evaluations)
       SELECT g.rule, now(), '["x"]', 'RAISED', now(), 1, 1, 'x', '{"": 1}', 1 FROM ${records}`,
      `INSERT INTO alert_templates (id, tenant_id, slug, name, description, rule)
       SELECT g.template, '', 't' || g.n, 'x', 'x', '{"name": "x", "windowSeconds": 60, "threshold": 1}' FROM ${records}`,
      `UPDATE deliveries d SET rule_id = g.rule FROM ${records} WHERE d.event_id = g.event`,
    ])
      await app.sql(statement, [JSON.stringify(rows)])
  },
  fieldArgs: {
    'Alert.events': '(first: 2)',
    'Alert.deliveries': '(first: 2)',
    'AlertRule.evaluations': '(first: 2)',
  },
  // A suggestion takes a statement for each alert about a webhook, so the alerts of the walk are about something else.
  unfilled: ['Alert.suggestedReplay', 'Alert.webhook'],
  outOfReach: ['AlertRulePreview'],
})
