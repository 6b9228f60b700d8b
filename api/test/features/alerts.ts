import type { As, TestApp } from '../harness.ts'

export const ACME: As = { role: 'OPERATOR', tenantId: 'tenant-acme' }
export const OTHER: As = { role: 'OPERATOR', tenantId: 'tenant-other' }

export interface AlertAnswer {
  id: string
  status: string
  severity: string
  tenantId: string | null
  group: Record<string, string | null>
  matched: number
  threshold: number
  reason: string
  tenants: { name: string; count: number }[]
  startedAt: string
  lastNotifiedAt: string | null
  acknowledgedBy: { id: string } | null
  resolvedAt: string | null
  silencedBy: { id: string } | null
  rule: { id: string; name: string }
  timeline: {
    change: string
    status: string
    note: string | null
    recipients: number | null
    event: { type: string } | null
  }[]
}

const ALERT = `id status severity tenantId group matched threshold reason tenants { name count } startedAt lastNotifiedAt
  acknowledgedBy { id } resolvedAt silencedBy { id } rule { id name }
  timeline { change status note recipients event { type } }`

/** Creates a rule through the API and returns its id. */
export async function makeRule(app: TestApp, over: object = {}, as: As = ACME): Promise<string> {
  const input = { name: 'too many failures', eventType: 'job.failed', windowSeconds: 300, threshold: 3, ...over }
  const { createAlertRule } = await app.ok<{ createAlertRule: { rule: { id: string } } }>(
    'mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { rule { id } } }',
    { input },
    { as },
  )
  return createAlertRule.rule.id
}

/**
 * Publishes `count` events. `over` is an object that overrides fields, or a function of the event's index that returns
 * one.
 */
export async function publishMany(
  app: TestApp,
  count: number,
  over: object | ((i: number) => object) = {},
  as: As = ACME,
): Promise<void> {
  const input = Array.from({ length: count }, (_, i) => ({
    type: 'job.failed',
    source: 'scheduler',
    severity: 'ERROR',
    payload: { i },
    ...(typeof over === 'function' ? over(i) : over),
  }))
  const { publishEvents } = await app.ok<{ publishEvents: { accepted: number } }>(
    'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }',
    { input },
    { as },
  )
  if (publishEvents.accepted !== count) throw new Error(`${publishEvents.accepted} of ${count} events were accepted`)
}

/** The alerts that match a filter, oldest first. */
export async function alertsOf(app: TestApp, filter: object = {}, as: As = ACME): Promise<AlertAnswer[]> {
  const { alerts } = await app.ok<{ alerts: { nodes: AlertAnswer[] } }>(
    `query ($filter: AlertFilter) { alerts(filter: $filter, first: 200) { nodes { ${ALERT} } } }`,
    { filter },
    { as },
  )
  return alerts.nodes.reverse()
}

export const evaluateNow = async (app: TestApp, as: As = ACME) =>
  (
    await app.ok<{ evaluateAlertRules: { evaluated: number; raised: number; resolved: number } }>(
      'mutation { evaluateAlertRules { evaluated raised resolved } }',
      {},
      { as },
    )
  ).evaluateAlertRules

export const lastEvaluation = async (app: TestApp, rule: string, as: As = ACME) =>
  (
    await app.ok<{ node: { lastEvaluation: { outcome: string; matched: number; explanation: string; at: string } } }>(
      'query ($id: ID!) { node(id: $id) { ... on AlertRule { lastEvaluation { outcome matched explanation at } } } }',
      { id: rule },
      { as },
    )
  ).node.lastEvaluation

/** Moves the matches of a rule into the past, as if the time had passed. */
export const age = (app: TestApp, seconds: number) =>
  app.sql("UPDATE alert_matches SET at = at - $1 * interval '1 second'", [seconds])

/**
 * Creates a silence through the API and returns its id. Unless `over` overrides it, the silence matches every alert of
 * the tenant for an hour.
 */
export async function makeSilence(app: TestApp, over: object = {}, as: As = ACME): Promise<string> {
  const endsAt = new Date(app.core.clock() + 3_600_000).toISOString()
  const input = { matchers: { rule: '*' }, reason: 'maintenance', endsAt, ...over }
  const { createSilence } = await app.ok<{ createSilence: { silence: { id: string } } }>(
    'mutation ($input: CreateSilenceInput!) { createSilence(input: $input) { silence { id } } }',
    { input },
    { as },
  )
  return createSilence.silence.id
}

export const acknowledge = (app: TestApp, id: string, note: string | null = null, as: As = ACME) =>
  app.ok(
    'mutation ($id: ID!, $note: String) { acknowledgeAlert(id: $id, note: $note) { alert { id } } }',
    { id, note },
    { as },
  )

export const resolve = (app: TestApp, id: string, note: string | null = null, as: As = ACME) =>
  app.ok(
    'mutation ($id: ID!, $note: String) { resolveAlert(id: $id, note: $note) { alert { id } } }',
    { id, note },
    { as },
  )

export const updateRule = (app: TestApp, id: string, input: object, as: As = ACME) =>
  app.ok(
    'mutation ($id: ID!, $input: UpdateAlertRuleInput!) { updateAlertRule(id: $id, input: $input) { rule { id } } }',
    { id, input },
    { as },
  )

/** The alerts of one rule, oldest first. */
export const alertsOfRule = async (app: TestApp, ruleId: string, as: As = ACME) => alertsOf(app, { ruleId }, as)

/**
 * Gives the events of a type that are not in the future the ids and the times that a process whose clock is `offset`
 * ahead would have given them.
 */
export async function publishedWithClock(app: TestApp, type: string, offset: string): Promise<void> {
  await app.sql(
    `UPDATE events SET received_at = received_at + $2::interval,
       id = (left(uuid7_floor(received_at + $2::interval)::text, 13) || substr(id::text, 14))::uuid
     WHERE type = $1 AND received_at <= statement_timestamp()`,
    [type, offset],
  )
  await app.sql(
    `UPDATE alert_matches m SET event_ids = (SELECT array_agg(e.id ORDER BY e.id DESC) FROM events e, unnest(m.event_ids) AS old(id)
       WHERE substr(e.id::text, 14) = substr(old.id::text, 14))
     WHERE rule_id IN (SELECT id FROM alert_rules WHERE event_type = $1)`,
    [type],
  )
}
