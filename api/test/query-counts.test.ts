import { isIntrospectionType, isObjectType, isRequiredArgument } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDevSignIn } from '../src/access/dev-sign-in.ts'
import { isConnection } from '../src/graphql/limits/cost.ts'
import { newId, tryUuid } from '../src/kit/ids.ts'
import { schema } from '../src/schema.ts'
import { startTestApp, type TestApp, until } from './harness.ts'
import { type AnyField, createSelections, isObjects, isRows, isSecondWay, ROOM_FOR_SELECTIONS } from './selections.ts'
import { watchStatements } from './statements.ts'

/*
 * Every list of the schema, with what hangs on its rows, takes as many statements for fifty rows as for five. Operations are
 * made from the schema, so a new field or list is asked for by itself; `seed` has to make rows for it.
 */
const FEW = 5
const MANY = 50

/** Objects on the rows, and objects on those: a delivery has its event, and that its deliveries. */
const LEVELS = 2

/** Fields that nothing fills yet. */
const EMPTY = /^Alert\.suggestedReplay$|^ReplaySuggestion\./

/** Lists whose length is bounded: by the settings that name their rows, or by groups of rows. */
const OF_SETTINGS: ReadonlySet<string> = new Set(['aiProviders', 'failureCauses'])

/** Types that no query leads to, or only one that is deeper than LEVELS. */
const ONLY_OF_MUTATIONS =
  /^(Mutation|Subscription|IncidentLine|AlertRulePreview|BulkReplayPreview|WebhookHealthBucket)$|Payload$/

/** Arguments of fields that have to have some; others that do are left out. */
const ARGS: Record<string, () => string> = {
  'Alert.events': () => '(first: 2)',
  'Alert.deliveries': () => '(first: 2)',
  'AlertRule.evaluations': () => '(first: 2)',
  'Query.failingWebhooks': () => '(first: 100)',
  'Query.nodes': () => `(ids: ${JSON.stringify([...made.webhooks, ...made.events])})`,
}

const made: { webhooks: string[]; events: string[] } = { webhooks: [], events: [] }

let app: TestApp
/** The identity's own lookups: keys are looked up again from time to time. */
let bearer: string
beforeAll(async () => {
  app = await startTestApp({ tenants: [], env: ROOM_FOR_SELECTIONS })
  bearer = (await createDevSignIn(app.core).signIn({ role: 'ADMIN' })).token
})
afterAll(() => app?.stop())

/** Makes rows numbered from `from` up to `to`: all that lists show, each on its own of what it may share with others. */
async function seed(from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i)
  await Promise.all(
    numbers.map(async (n) => {
      const input = { name: `w${n}`, url: `https://93.184.215.1/${n}`, eventTypes: [`type.n${n}`], tenantId: 'default' }
      const { createWebhook } = await app.ok<{ createWebhook: { webhook: { id: string } } }>(
        'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
        { input },
      )
      made.webhooks.push(createWebhook.webhook.id)
    }),
  )
  await app.sql('INSERT INTO tenants (id, name, updated_at) SELECT t, t, now() FROM unnest($1::text[]) AS t', [
    numbers.map((n) => `tenant-${n}`),
  ])
  await seedRetention(numbers)
  await app.sql(
    `INSERT INTO api_keys (id, name, role, prefix, hash)
     SELECT k.id, k.name, 'VIEWER', 'alk_', k.name FROM unnest($1::uuid[], $2::text[]) AS k (id, name)`,
    [numbers.map(newId), numbers.map((n) => `key ${n}`)],
  )
  await app.sql(
    `WITH s AS (
       INSERT INTO services (id, name, url, health_url, version, owner, tags, roles_required, depends_on, ttl_seconds, status_since,
         last_seen, last_checked_at, latency_ms, last_error, next_check_at, updated_at)
       SELECT s.id, 's' || s.n, 'http://a.invalid', '', '1', 'me', '{x}', '{ADMIN}', ARRAY['s' || s.n - 1, 's0'], 60, now(), now(), now(), 1,
         'x', now(), now() FROM unnest($1::uuid[], $2::int[]) AS s (id, n) RETURNING id
     ) INSERT INTO health_hours SELECT 'service:' || id, date_trunc('hour', now()), 1, 0, 0, 5, 1, 5 FROM s`,
    [numbers.map(newId), numbers],
  )
  await app.sql(
    `WITH t AS (
       INSERT INTO heal_targets (id, container, origin, services, health_url, depends_on, reason, next_action_at, maintenance_until, memory)
       SELECT t.id, 'c' || t.n, 'LABEL', ARRAY['s' || t.n], 'http://a.invalid', '{c0}', 'x', now(), now(), '{}'
       FROM unnest($1::uuid[], $2::int[]) AS t (id, n) RETURNING id, container
     ) INSERT INTO heal_attempts (id, target_id, container, action, trigger, reason, outcome, message, started_at, duration_ms, exit_code,
         oom_killed, log_tail, still_healthy_after)
       SELECT id, id, container, 'restart', 'probe', 'x', 'SUCCEEDED', 'x', now(), 1, 1, true, 'x', true FROM t`,
    [numbers.map(newId), numbers],
  )
  await app.sql(
    `UPDATE healer SET mode = 'heal', interval_seconds = 15, docker_status = 'OK', docker_message = 'x', docker_latency_ms = 1, last_check_at = now()`,
  )
  const { publishEvents } = await app.ok<{
    publishEvents: { results: { event: { id: string; deliveries: { nodes: { id: string }[] } } }[] }
  }>(
    `mutation ($input: [PublishEventInput!]!) {
       publishEvents(input: $input) { results { event { id deliveries { nodes { id } } } } } }`,
    { input: numbers.map((n) => ({ type: `type.n${n}`, source: 'shop' })) },
  )
  const replay = 'mutation ($id: ID!) { replayDelivery(id: $id, force: true) { delivery { id } } }'
  await app.ok('mutation { drillProviders { ok } }')
  await app.sql(
    `INSERT INTO leads (id, tenant_id, name, updated_at) SELECT id, 'default', 'lead', now() FROM unnest($1::uuid[]) AS l(id)`,
    [numbers.map(newId)],
  )
  const leads = await app.sql<{ id: string }>('SELECT id FROM leads WHERE id NOT IN (SELECT lead_id FROM activities)')
  await app.sql(
    `INSERT INTO activities (id, lead_id, tenant_id, kind, body, occurred_at)
     SELECT id, lead_id, 'default', 'NOTE', 'x', now() FROM unnest($1::uuid[], $2::uuid[]) AS a(id, lead_id)`,
    [leads.map(newId), leads.map(({ id }) => id)],
  )
  made.events.push(...publishEvents.results.map(({ event }) => event.id))
  const originals = publishEvents.results.flatMap(({ event }) => event.deliveries.nodes)
  await Promise.all(originals.map(({ id }) => app.ok(replay, { id })))
  await app.sql(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = now(), next_attempt_at = NULL, last_error_kind = 'TIMEOUT', last_error = 'no'`,
  )
  await app.sql(
    'UPDATE deliveries d SET recovered_by_id = r.id FROM deliveries r WHERE r.replay_of_id = d.id AND hashtext(d.id::text) % 2 = 0',
  )
  const deliveries = await app.sql<{ id: string }>(
    'SELECT id FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM delivery_attempts a WHERE a.delivery_id = d.id)',
  )
  await app.sql(
    `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, error_kind, error, request_headers)
     SELECT a.id, d.id, d.webhook_id, 1, now(), 5, 'TIMEOUT', 'no', '{}'
     FROM unnest($1::uuid[], $2::uuid[]) AS a (id, delivery_id) JOIN deliveries d ON d.id = a.delivery_id`,
    [deliveries.map(newId), deliveries.map(({ id }) => id)],
  )
  await app.sql(
    `WITH replay AS (SELECT d.id AS delivery, d.replay_of_id AS original, d.webhook_id, gen_random_uuid() AS id FROM deliveries d
         WHERE d.replay_of_id IS NOT NULL AND NOT EXISTS (SELECT FROM bulk_replay_items i WHERE i.replay_id = d.id)),
       bulk AS (INSERT INTO bulk_replays (id, status, started_by_kind, started_by_id, canary, skip_unhealthy, force, stop_after_failures,
           input_hash, selected_at, is_selected, total, skips, created_at)
         SELECT id, 'COMPLETED', 'USER', 'me', true, false, false, 20, id::text, now(), true, 1, '{"UNLIKELY": 1}', now() FROM replay)
     INSERT INTO bulk_replay_items (bulk_replay_id, delivery_id, webhook_id, state, replay_id)
       SELECT id, original, webhook_id, 'FAILED', delivery FROM replay`,
  )
  await seedAlerts(
    numbers.map((n, i) => ({
      n,
      event: publishEvents.results[i]!.event.id,
      webhook: made.webhooks[n]!,
    })),
  )
}

/** A rule, an alert with its timeline, a silence and a template for each. */
async function seedAlerts(given: readonly { n: number; event: string; webhook: string }[]): Promise<void> {
  const rows = given.map(({ n, event, webhook }) => ({
    n,
    event: tryUuid('evt', event),
    webhook: tryUuid('whk', webhook),
    rule: newId(),
    alert: newId(),
    transition: newId(),
    silence: newId(),
    template: newId(),
  }))
  const records = `json_to_recordset($1) AS g(n int, event uuid, webhook uuid, rule uuid, alert uuid, transition uuid, silence uuid, template uuid)`
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
    `INSERT INTO alert_templates (id, tenant_id, slug, name, description, rule) SELECT g.template, '', 't' || g.n, 'x', 'x', '{"name": "x", "windowSeconds": 60, "threshold": 1}' FROM ${records}`,
    `UPDATE deliveries d SET rule_id = g.rule FROM ${records} WHERE d.event_id = g.event`,
  ])
    await app.sql(statement, [JSON.stringify(rows)])
}

/** The fields of objects that were asked for, as Type.field. */
const asked = new Set<string>()

// Pages that hold all there is, so that few rows name no more of what is on them already than many do.
const selections = createSelections(
  schema,
  (place, parent, field) =>
    ARGS[place]?.() ?? (parent.name === 'Query' && isConnection(field) ? '(first: 200)' : undefined),
  (place) => void asked.add(place),
)

/** Adds the fields, as Type.field, that have a value somewhere in an answer; a list has to have rows. */
function collect(value: unknown, filled: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, filled)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  const { __typename, ...fields } = value as Record<string, unknown>
  for (const [name, item] of Object.entries(fields)) {
    if (item !== null && !(Array.isArray(item) && item.length === 0))
      filled.add(`${__typename}.${name.replace(/^.*_/, '')}`)
    collect(item, filled)
  }
}

function rowsOf(answer: unknown): number {
  if (Array.isArray(answer)) return answer.length
  return typeof answer === 'object' && answer !== null && 'nodes' in answer ? rowsOf(answer.nodes) : 0
}

interface Count {
  statements: string[]
  rows: number
}

const ROOTS = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
  (field) => isObjects(field) && (ARGS[`Query.${field.name}`] || !field.args.some(isRequiredArgument)),
)
const filled = new Set<string>()

async function count(field: AnyField): Promise<Count> {
  const watch = watchStatements(app.core.db)
  const query = `{ __typename ${selections.field(schema.getQueryType()!, field, LEVELS + 1)} }`
  const data = await app.ok<Record<string, unknown>>(query, {}, { as: { bearer } })
  watch.stop()
  collect(data, filled)
  return {
    statements: watch.texts.filter(isRead).map((text) => text.replaceAll(/\s+/g, ' ').slice(0, 300)),
    rows: rowsOf(data[field.name]),
  }
}

/** Statements that the process runs by itself do not belong to the operation. */
const isRead = (text: string) => /^\s*(SELECT|WITH)/i.test(text)

/** The cached catalogue of types is read again every few seconds: a higher count is measured again. */
async function countAll(before = new Map<string, Count>()): Promise<Map<string, Count>> {
  const counts = new Map<string, Count>()
  for (const field of ROOTS) {
    const most = before.get(field.name)?.statements.length ?? 0
    let counted = await count(field)
    for (let again = 0; again < 2 && counted.statements.length > most; again++) counted = await count(field)
    counts.set(field.name, counted)
  }
  return counts
}

/** A prune run with a scope, an archive file, a policy and a table size for each number. */
async function seedRetention(numbers: readonly number[]): Promise<void> {
  const ids = numbers.map(newId)
  const tenants = numbers.map((n) => `tenant-${n}`)
  await app.sql(
    `WITH run AS (INSERT INTO prune_runs (id, started_at, finished_at, dry_run, started_by_kind, started_by_id)
       SELECT id, now(), now(), false, 'SYSTEM', 'retention' FROM unnest($1::uuid[]) AS r (id) RETURNING id)
     INSERT INTO prune_scopes (run_id, subject, tenant_id, retention_days, cutoff, pruned_count, archive_files, error)
       SELECT id, subject::"RetentionSubject", tenant, 30, now(), 1, '{x}', 'x' FROM run, (VALUES ('EVENTS', 'tenant-0'), ('AUDIT', '')) AS s (subject, tenant)`,
    [ids],
  )
  await app.sql(
    `INSERT INTO legal_holds (tenant_id, reason, created_at, set_by_kind, set_by_id)
     SELECT tenant, 'x', now(), 'SYSTEM', 'x' FROM unnest($1::text[]) AS h (tenant)`,
    [tenants],
  )
  await app.sql(
    `INSERT INTO archive_files (id, tenant_id, day, part, events, bytes, sha256, first_id, last_id, last_seq, location, created_at, verified_at)
     SELECT id, tenant, '2026-01-01', 1, 1, 1, 'x', id, id, 1, 'x', now(), now() FROM unnest($1::uuid[], $2::text[]) AS a (id, tenant)`,
    [ids, tenants],
  )
  await app.sql(
    `INSERT INTO retention_policies (subject, tenant_id, retention_days, created_at, updated_at, set_by_kind, set_by_id, set_by_name)
     SELECT 'EVENTS', tenant, 30, now(), now(), 'SYSTEM', 'x', 'x' FROM unnest($1::text[]) AS p (tenant) ON CONFLICT DO NOTHING`,
    [['', ...tenants]],
  )
  await app.sql(
    `INSERT INTO table_sizes (name, at, bytes, rows) SELECT 'events', now() - n * interval '1 hour', 1, 1 FROM unnest($1::int[]) AS s (n)`,
    [numbers],
  )
}

let few: Map<string, Count>
let many: Map<string, Count>
beforeAll(async () => {
  await seed(0, FEW)
  // Figures of requests are written a little later than the requests are answered.
  await until('figures of requests', async () => (await app.sql('SELECT FROM audit_request_stats LIMIT 1')).length > 0)
  few = await countAll()
  await seed(FEW, MANY)
  many = await countAll(few)
}, 180_000)

test.each(ROOTS.map((field) => [field.name, field] as const))(
  '%s needs no more statements for more rows',
  (name, field) => {
    const [before, after] = [few.get(name)!, many.get(name)!]
    const grows = isRows(field) && !OF_SETTINGS.has(name)
    if (grows) expect(after.rows).toBeGreaterThanOrEqual(MANY)
    if (grows) expect(before.rows).toBeLessThan(after.rows)
    const excess = [...after.statements]
    for (const text of before.statements) {
      const at = excess.indexOf(text)
      if (at >= 0) excess.splice(at, 1)
    }
    expect(after.statements.length > before.statements.length ? excess : []).toEqual([])
  },
)

test('every list had rows and every object field had a value', () => {
  expect([...asked].filter((place) => !filled.has(place) && !EMPTY.test(place))).toEqual([])
})

test('every list of the schema was queried', () => {
  const lists = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !isIntrospectionType(type) && !ONLY_OF_MUTATIONS.test(type.name))
    .flatMap((type) =>
      Object.values(isObjectType(type) ? type.getFields() : {})
        .filter((field) => isRows(field) && !isSecondWay(type, field))
        .map((field) => `${type.name}.${field.name}`),
    )
  expect(lists.filter((place) => !asked.has(place))).toEqual([])
})
