import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IdKind, newId, publicId } from '../src/kit/ids.ts'
import { CHANNELS } from '../src/kit/pubsub.ts'
import { schema } from '../src/schema.ts'
import { type As, startTestApp, type TestApp, until } from './harness.ts'
import { type AnyField, createSelections, ROOM_FOR_SELECTIONS } from './selections.ts'
import { subscribe } from './streams.ts'

/*
 * Every root field of the schema, asked by one tenant's people for another's rows. Operations are made from the schema: whoever adds
 * a field that has to have arguments, or a mutation, adds its case here.
 */
const MINE = 'tenant-mine'
const THEIRS = 'tenant-theirs'
const NOBODYS = 'tenant-nobodys'
/** In every text that belongs to the others. */
const MARK = 'theirs-alone'

const ADMIN: As = { role: 'ADMIN', tenantId: MINE }
const VIEWER: As = { role: 'VIEWER', tenantId: MINE }

interface Owned {
  webhook: string
  event: string
  delivery: string
  attempt: string
  apiKey: string
  archive: string
  lead: string
  activity: string
  rule: string
  alert: string
  silence: string
  template: string
  bulkReplay: string
  /** All their ids, of whatever kind. */
  ids: string[]
}

let app: TestApp
let mine: Owned
let theirs: Owned
beforeAll(async () => {
  app = await startTestApp({ env: ROOM_FOR_SELECTIONS })
  mine = await own(MINE, 'mine')
  theirs = await own(THEIRS, MARK)
}, 60_000)
afterAll(() => app.stop())

/** A tenant with something of everything. */
async function own(tenantId: string, mark: string): Promise<Owned> {
  const made = await app.ok<{
    createWebhook: { webhook: { id: string } }
    createApiKey: { apiKey: { id: string } }
    createSilence: { silence: { id: string } }
    createAlertTemplate: { template: { id: string } }
    publishEvents: { results: { event: { id: string; deliveries: { nodes: { id: string }[] } } }[] }
  }>(
    `mutation ($events: [PublishEventInput!]!) {
      createTenant(input: { id: "${tenantId}", name: "${mark}" }) { tenant { id } }
      createWebhook(input: { name: "${mark}", url: "http://127.0.0.1:9/${mark}", tenantId: "${tenantId}", eventTypes: [] }) { webhook { id } }
      createApiKey(input: { name: "${mark}", role: VIEWER, tenantId: "${tenantId}" }) { apiKey { id } }
      createSilence(input: { matchers: { rule: "${mark}" }, tenantId: "${tenantId}", reason: "${mark}", endsAt: "${new Date(Date.now() + 3_600_000).toISOString()}" }) { silence { id } }
      createAlertTemplate(input: { slug: "${mark}", name: "${mark}", description: "${mark}", tenantId: "${tenantId}",
        rule: { name: "${mark}", windowSeconds: 60, threshold: 1 } }) { template { id } }
      publishEvents(input: $events) { results { event { id deliveries { nodes { id } } } } } }`,
    { events: Array.from({ length: 3 }, (_, n) => eventOf(tenantId, mark, n)) },
  )
  // After the events: it counts those that are there, and raises an alert at once.
  const { createAlertRule } = await app.ok<{ createAlertRule: { rule: { id: string } } }>(
    `mutation { createAlertRule(input: { name: "${mark}", tenantId: "${tenantId}", eventType: "${mark}.*", source: "${mark}",
      windowSeconds: 3600, threshold: 1, groupBy: ["source"] }) { rule { id } } }`,
  )
  const webhook = made.createWebhook.webhook.id
  const { event } = made.publishEvents.results[0]!
  const delivery = event.deliveries.nodes[0]!.id
  await app.sql(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = now(), next_attempt_at = NULL, last_error = $2
    WHERE tenant_id = $1`,
    [tenantId, mark],
  )
  await app.sql(
    `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, error_kind, error, request_headers)
     SELECT $2, id, webhook_id, 1, now(), 5, 'TIMEOUT', $3, '{}' FROM deliveries WHERE tenant_id = $1 LIMIT 1`,
    [tenantId, newId(), mark],
  )
  await app.ok(
    `mutation { replayDelivery(id: "${delivery}") { delivery { id } } pauseWebhook(id: "${webhook}") { webhook { id } } }`,
    {},
    { as: { role: 'ADMIN', tenantId } },
  )
  const { bulkReplayDeliveries } = await app.ok<{ bulkReplayDeliveries: { bulkReplay: { id: string } } }>(
    `mutation { bulkReplayDeliveries(input: { deliveryIds: ["${delivery}"], reason: "${mark}" }) { bulkReplay { id } } }`,
    {},
    { as: { role: 'ADMIN', tenantId } },
  )
  await ownRetention(tenantId, mark)
  const lead = await app.ok<{ createLead: { lead: { id: string } } }>(
    `mutation { createLead(input: { name: "${mark}", notes: "${mark}", tenantId: "${tenantId}" }) { lead { id } } }`,
  )
  const leadId = lead.createLead.lead.id
  const activity = await app.ok<{ createActivity: { activity: { id: string } } }>(
    `mutation { createActivity(input: { leadId: "${leadId}", kind: NOTE, body: "${mark}" }) { activity { id } } }`,
  )
  const rows = await app.sql<{ kind: IdKind; id: string }>(
    `SELECT 'evt' AS kind, id FROM events WHERE tenant_id = $1 UNION ALL SELECT 'dlv', id FROM deliveries WHERE tenant_id = $1
     UNION ALL SELECT 'whk', id FROM webhooks WHERE tenant_id = $1 UNION ALL SELECT 'key', id FROM api_keys WHERE tenant_id = $1
     UNION ALL SELECT 'aud', id FROM audit_entries WHERE tenant_id = $1 UNION ALL SELECT 'arc', id FROM archive_files WHERE tenant_id = $1
     UNION ALL SELECT 'lead', id FROM leads WHERE tenant_id = $1 UNION ALL SELECT 'act', id FROM activities WHERE tenant_id = $1
     UNION ALL SELECT 'rul', id FROM alert_rules WHERE tenant_id = $1
     UNION ALL SELECT 'alr', id FROM alerts WHERE tenant_id = $1 UNION ALL SELECT 'sil', id FROM silences WHERE tenant_id = $1
     UNION ALL SELECT 'tpl', id FROM alert_templates WHERE tenant_id = $1
     UNION ALL SELECT 'blk', id FROM bulk_replays WHERE tenant_id = $1
     UNION ALL SELECT 'att', a.id FROM delivery_attempts a JOIN webhooks w ON w.id = a.webhook_id WHERE w.tenant_id = $1`,
    [tenantId],
  )
  const ids = rows.map(({ kind, id }) => publicId(kind, id))
  return {
    webhook,
    event: event.id,
    delivery,
    attempt: ids.find((id) => id.startsWith('att_'))!,
    apiKey: made.createApiKey.apiKey.id,
    archive: ids.find((id) => id.startsWith('arc_'))!,
    lead: leadId,
    activity: activity.createActivity.activity.id,
    rule: createAlertRule.rule.id,
    alert: ids.find((id) => id.startsWith('alr_'))!,
    silence: made.createSilence.silence.id,
    template: made.createAlertTemplate.template.id,
    bulkReplay: bulkReplayDeliveries.bulkReplay.id,
    ids,
  }
}

/** A retention of its own, a legal hold, an archive file, and a scope of a prune run. */
async function ownRetention(tenantId: string, mark: string): Promise<void> {
  await app.ok(
    `mutation { setTenantRetention(tenantId: "${tenantId}", retentionDays: 77) { tenant { id } }
      setLegalHold(tenantId: "${tenantId}", hold: true, reason: "${mark}") { tenant { id } } }`,
  )
  await app.sql(
    `INSERT INTO archive_files (id, tenant_id, day, part, events, bytes, sha256, first_id, last_id, last_seq, location, created_at, verified_at)
     VALUES ($1, $2, '2026-01-31', 1, 1, 1, $3, $1, $1, 1, 'file:///' || $3, now(), now())`,
    [newId(), tenantId, mark],
  )
  await app.sql(
    `WITH run AS (INSERT INTO prune_runs (id, started_at, finished_at, dry_run, started_by_kind, started_by_id)
       VALUES ($1, now(), now(), false, 'SYSTEM', 'retention') RETURNING id)
     INSERT INTO prune_scopes (run_id, subject, tenant_id, retention_days, cutoff, pruned_count, error) SELECT id, 'EVENTS', $2, 77, now(), 5, $3 FROM run`,
    [newId(), tenantId, mark],
  )
}

const eventOf = (tenantId: string, mark: string, n: number) => ({
  type: `${mark}.happened`,
  source: mark,
  subject: mark,
  correlationId: mark,
  tenantId,
  payload: { n, mark },
})

const ROOTS = {
  Query: schema.getQueryType(),
  Mutation: schema.getMutationType(),
  Subscription: schema.getSubscriptionType(),
}
const fieldsOf = (type: keyof typeof ROOTS): AnyField[] => Object.values(ROOTS[type]?.getFields() ?? {})

/** Another's, or one that nobody has: the answer may not tell which. */
type Asked = Owned & {
  tenantId: string
  mark: string
}
const theirsAsked = (): Asked => ({ ...theirs, tenantId: THEIRS, mark: MARK })
const nobodysAsked = (): Asked => {
  const like = (id: string) => publicId(id.split('_')[0] as IdKind, newId())
  return {
    webhook: like(theirs.webhook),
    event: like(theirs.event),
    delivery: like(theirs.delivery),
    attempt: like(theirs.attempt),
    apiKey: like(theirs.apiKey),
    archive: like(theirs.archive),
    lead: like(theirs.lead),
    activity: like(theirs.activity),
    rule: like(theirs.rule),
    alert: like(theirs.alert),
    silence: like(theirs.silence),
    template: like(theirs.template),
    bulkReplay: like(theirs.bulkReplay),
    ids: theirs.ids.map(like),
    tenantId: NOBODYS,
    mark: 'of-no-one',
  }
}

/** Arguments that a query has to have. */
const QUERY_ARGS: Record<string, (asked: Asked) => string[]> = {
  node: ({ ids }) => ids.map((id) => `(id: "${id}")`),
  nodes: ({ ids }) => [`(ids: ${JSON.stringify(ids)})`],
  eventType: ({ mark }) => [`(name: "${mark}.happened")`],
  checkWebhookUrl: () => ['(url: "http://127.0.0.1:9/")'],
}

/** All arguments by which a query can be pointed at somebody's rows. */
function pointedAt(field: AnyField, asked: Asked): string[] {
  const required = QUERY_ARGS[field.name]
  if (required) return required(asked)
  const named = new Set(field.args.map(({ name }) => name))
  const given: string[] = []
  if (named.has('tenantId')) given.push(`(tenantId: "${asked.tenantId}")`)
  if (named.has('filter')) {
    const type = field.args.find(({ name }) => name === 'filter')!.type
    const inputs = Object.keys('getFields' in type ? type.getFields() : {})
    const filters: Record<string, string> = {
      tenantId: `"${asked.tenantId}"`,
      search: `"${asked.mark}"`,
      sources: `["${asked.mark}"]`,
      types: `["${asked.mark}.*"]`,
      eventTypes: `["${asked.mark}.*"]`,
      correlationId: `"${asked.mark}"`,
      webhookIds: `["${asked.webhook}"]`,
      targetId: `"${asked.webhook}"`,
      ruleId: `"${asked.rule}"`,
      actorIds: `["${asked.apiKey}"]`,
    }
    for (const name of inputs) if (filters[name]) given.push(`(filter: { ${name}: ${filters[name]} })`)
  }
  return given
}

const selections = createSelections(schema, () => undefined)
const TIMES = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
/** Without what differs from one moment to the next, or repeats what was asked. */
const bare = (answer: unknown, asked: Asked) =>
  [
    ...asked.ids,
    asked.webhook,
    asked.event,
    asked.delivery,
    asked.attempt,
    asked.apiKey,
    asked.archive,
    asked.lead,
    asked.activity,
    asked.rule,
    asked.alert,
    asked.silence,
    asked.template,
    asked.bulkReplay,
    asked.mark,
    asked.tenantId,
  ].reduce(
    (text, own) => text.replaceAll(own, '*'),
    JSON.stringify(answer)
      .replace(TIMES, '*')
      .replace(/"requestId":"[^"]*"/g, ''),
  )

async function query(field: AnyField, args: string, as: As): Promise<unknown> {
  const root = schema.getQueryType()!
  const made = createSelections(schema, (place) => (place === `Query.${field.name}` ? args : undefined))
  const { data, errors } = await app.gql(`{ ${made.field(root, field, 3)} }`, {}, { as })
  return { data, errors: errors?.map(({ message, extensions }) => ({ message, extensions })) }
}

/** Nothing of the others' is in it. */
function expectNone(answer: unknown): void {
  const text = JSON.stringify(answer)
  for (const id of theirs.ids) expect(text).not.toContain(id)
  expect(text).not.toContain(MARK)
  expect(text).not.toContain(THEIRS)
}

describe('a query', () => {
  const queries = fieldsOf('Query')
  test('was run for every root field', () => {
    const askable = (field: AnyField) =>
      QUERY_ARGS[field.name] || selections.field(schema.getQueryType()!, field, 1) !== null
    expect(queries.filter((field) => !askable(field)).map(({ name }) => name)).toEqual([])
  })

  test.each(queries.filter(({ name }) => !QUERY_ARGS[name]).map((field) => [field.name, field] as const))(
    '%s returns the caller’s rows and none of other tenants',
    async (_name, field) => {
      for (const as of [ADMIN, VIEWER]) expectNone(await query(field, '', as))
    },
  )

  test.each(queries.map((field) => [field.name, field] as const))(
    '%s with arguments of another tenant answers as if the rows did not exist',
    async (_name, field) => {
      const [others, none] = [theirsAsked(), nobodysAsked()]
      const at = pointedAt(field, others)
      for (const [i, args] of at.entries()) {
        const answer = bare(await query(field, args, ADMIN), others)
        expect(answer, args).toBe(bare(await query(field, pointedAt(field, none)[i]!, ADMIN), none))
      }
    },
  )
})

/** For each mutation what would change or make something of the others'. */
const MUTATIONS: Record<string, (asked: Asked) => string> = {
  publishEvent: ({ tenantId }) => `input: { type: "x", source: "x", tenantId: "${tenantId}" }`,
  publishEvents: ({ tenantId }) => `input: [{ type: "x", source: "x", tenantId: "${tenantId}" }]`,
  registerEventType: ({ mark }) => `input: { name: "${mark}.happened", description: "mine now", tenantVisible: true }`,
  deprecateEventType: ({ mark }) => `name: "${mark}.happened"`,
  createWebhook: ({ tenantId }) =>
    `input: { name: "x", url: "http://127.0.0.1:9/", tenantId: "${tenantId}", eventTypes: [] }`,
  updateWebhook: ({ webhook }) => `id: "${webhook}", input: { url: "http://127.0.0.1:9/mine" }`,
  deleteWebhook: ({ webhook }) => `id: "${webhook}"`,
  pauseWebhook: ({ webhook }) => `id: "${webhook}"`,
  resumeWebhook: ({ webhook }) => `id: "${webhook}"`,
  rotateWebhookSecret: ({ webhook }) => `id: "${webhook}"`,
  testWebhook: ({ webhook }) => `id: "${webhook}"`,
  replayDelivery: ({ delivery }) => `id: "${delivery}", force: true`,
  cancelDelivery: ({ delivery }) => `id: "${delivery}", reason: "mine"`,
  cancelDeliveries: ({ delivery }) => `input: { deliveryIds: ["${delivery}"], reason: "mine" }`,
  bulkReplayDeliveries: ({ delivery }) => `input: { deliveryIds: ["${delivery}"] }`,
  cancelBulkReplay: ({ bulkReplay }) => `id: "${bulkReplay}"`,
  pauseBulkReplay: ({ bulkReplay }) => `id: "${bulkReplay}", paused: true`,
  probeWebhook: ({ webhook }) => `id: "${webhook}"`,
  createApiKey: ({ tenantId }) => `input: { name: "x", role: VIEWER, tenantId: "${tenantId}" }`,
  revokeApiKey: ({ apiKey }) => `id: "${apiKey}"`,
  createAlertRule: ({ tenantId }) => `input: { name: "x", tenantId: "${tenantId}", windowSeconds: 60, threshold: 1 }`,
  updateAlertRule: ({ rule }) => `id: "${rule}", input: { threshold: 9 }`,
  deleteAlertRule: ({ rule }) => `id: "${rule}"`,
  setAlertRuleEnabled: ({ rule }) => `id: "${rule}", enabled: false`,
  previewAlertRule: ({ tenantId }) => `input: { name: "x", tenantId: "${tenantId}", windowSeconds: 60, threshold: 1 }`,
  createAlertTemplate: ({ tenantId }) =>
    `input: { slug: "x", name: "x", description: "x", tenantId: "${tenantId}", rule: { name: "x", windowSeconds: 60, threshold: 1 } }`,
  deleteAlertTemplate: ({ template }) => `id: "${template}"`,
  materializeAlertTemplate: ({ template }) => `id: "${template}"`,
  acknowledgeAlert: ({ alert }) => `id: "${alert}", note: "mine"`,
  resolveAlert: ({ alert }) => `id: "${alert}"`,
  createSilence: ({ tenantId }) =>
    `input: { matchers: { rule: "*" }, tenantId: "${tenantId}", reason: "x", endsAt: "2027-01-01T00:00:00Z" }`,
  expireSilence: ({ silence }) => `id: "${silence}"`,
  createTenant: ({ tenantId }) => `input: { id: "${tenantId}", name: "x" }`,
  updateTenant: ({ tenantId }) => `id: "${tenantId}", input: { name: "x" }`,
  registerService: ({ mark }) => `input: { name: "${mark}", url: "http://mine.invalid" }`,
  heartbeat: ({ mark }) => `name: "${mark}"`,
  unregisterService: ({ mark }) => `name: "${mark}"`,
  orchestrate: ({ tenantId }) =>
    `input: { intent: "classify-intent", input: { text: "help" }, tenantId: "${tenantId}" }`,
  explainIncident: ({ webhook }) => `input: { webhookId: "${webhook}" }`,
  drillProviders: () => '',
  createLead: ({ tenantId }) => `input: { name: "x", tenantId: "${tenantId}" }`,
  updateLead: ({ lead }) => `id: "${lead}", input: { name: "mine" }`,
  deleteLead: ({ lead }) => `id: "${lead}"`,
  extractLead: ({ tenantId }) => `input: { text: "I am Ada Example", tenantId: "${tenantId}" }`,
  createActivity: ({ lead }) => `input: { leadId: "${lead}", kind: NOTE, body: "x" }`,
  deleteActivity: ({ activity }) => `id: "${activity}"`,
  summarizeActivity: ({ activity }) => `id: "${activity}"`,
  setTenantAiProviders: ({ tenantId }) => `tenantId: "${tenantId}", providers: ["local"]`,
  healNow: () => `targetId: "${publicId('tgt', newId())}"`,
  setHealMaintenance: () => `targetId: "${publicId('tgt', newId())}"`,
  releaseHealTarget: () => `targetId: "${publicId('tgt', newId())}"`,
  setTenantRetention: ({ tenantId }) => `tenantId: "${tenantId}", retentionDays: 1`,
  clearTenantRetention: ({ tenantId }) => `tenantId: "${tenantId}"`,
  setLegalHold: ({ tenantId }) => `tenantId: "${tenantId}", hold: false`,
  setRetention: () => 'subject: EVENTS, retentionDays: 1',
  pruneEvents: () => '',
  verifyArchive: ({ archive }) => `id: "${archive}"`,
  restoreArchive: ({ archive }) => `id: "${archive}"`,
}

const inBrackets = (args: string) => (args === '' ? '' : `(${args})`)
/** Mutations that cannot be pointed at anything: they act on one's own rows. */
const ON_OWN_ROWS: readonly string[] = ['evaluateAlertRules']

const OWNED_BY = {
  tenants: 'id',
  webhooks: 'tenant_id',
  events: 'tenant_id',
  deliveries: 'tenant_id',
  api_keys: 'tenant_id',
  audit_entries: 'tenant_id',
  ai_tenant_providers: 'tenant_id',
  retention_policies: 'tenant_id',
  legal_holds: 'tenant_id',
  archive_files: 'tenant_id',
  restored_days: 'tenant_id',
  leads: 'tenant_id',
  activities: 'tenant_id',
  alert_rules: 'tenant_id',
  alerts: 'tenant_id',
  silences: 'tenant_id',
  alert_templates: 'tenant_id',
  bulk_replays: 'tenant_id',
}

/** All rows of the others', as one text. */
async function fingerprint(): Promise<string> {
  const tables = Object.entries(OWNED_BY).map(async ([table, column]) => {
    const rows = await app.sql<{ row: string }>(
      `SELECT t::text AS row FROM ${table} t WHERE ${column} = $1 ORDER BY 1`,
      [THEIRS],
    )
    return [table, ...rows.map(({ row }) => row)].join('\n')
  })
  return (await Promise.all(tables)).join('\n')
}

describe('a mutation', () => {
  const names = fieldsOf('Mutation').map(({ name }) => name)
  test('was tried for every root field', () => {
    expect(names.toSorted()).toEqual([...Object.keys(MUTATIONS), ...ON_OWN_ROWS].toSorted())
  })

  test('without a target does not change rows of other tenants', async () => {
    const before = await fingerprint()
    expect(await app.ok('mutation { evaluateAlertRules { evaluated } }', {}, { as: ADMIN })).toEqual({
      evaluateAlertRules: { evaluated: 1 },
    })
    expect(await fingerprint()).toBe(before)
  })

  const pointed = names.filter((name) => !ON_OWN_ROWS.includes(name))
  test.each(pointed)('%s neither changes nor reveals rows of other tenants', async (name) => {
    const before = await fingerprint()
    const run = async (asked: Asked) => {
      const { data, errors } = await app.gql<Record<string, unknown>>(
        `mutation { ${name}${inBrackets(MUTATIONS[name]!(asked))} { __typename ${name === 'publishEvents' ? 'accepted results { error { code message } }' : ''} } }`,
        {},
        { as: ADMIN },
      )
      return { data, errors: errors?.map(({ message, extensions }) => ({ message, extensions })) }
    }
    const [others, none] = [theirsAsked(), nobodysAsked()]
    const answer = await run(others)
    expect(JSON.stringify(answer)).toMatch(/"code":"(NOT_FOUND|FORBIDDEN)"/)
    expect(bare(answer, others)).toBe(bare(await run(none), none))
    expect(await fingerprint()).toBe(before)
  })
})

/** For each subscription what it selects, as it is and pointed at a tenant's rows. */
const SUBSCRIPTIONS: Record<string, (tenantId: string | null) => string> = {
  events: (tenantId) =>
    `events${tenantId ? `(filter: { tenantId: "${tenantId}" })` : ''} { event { id payload tenantId } }`,
  deliveries: (tenantId) =>
    `deliveries${tenantId ? `(filter: { tenantId: "${tenantId}" })` : ''} { id eventType tenantId webhook { name } }`,
  deliveryStats: (tenantId) =>
    `deliveryStats${tenantId ? `(tenantId: "${tenantId}")` : ''} { pending delivered deadLetter }`,
  alerts: (tenantId) =>
    `alerts${tenantId ? `(tenantId: "${tenantId}")` : ''} { change alert { id rule { name } events { id } } }`,
  platformHealth: () => 'platformHealth { services { name } components { message } }',
  healAttempts: () => 'healAttempts { container }',
  bulkReplay: () => `bulkReplay(id: "${theirs.bulkReplay}") { total reason }`,
}

describe('a subscription', () => {
  const names = fieldsOf('Subscription').map(({ name }) => name)
  test('was tried for every root field', () => {
    expect(names.toSorted()).toEqual(Object.keys(SUBSCRIPTIONS).toSorted())
  })

  // No tenant sees the installation's own objects.
  test('healAttempts sends nothing to a tenant', async () => {
    const document = 'subscription { healAttempts { container } }'
    const [operator, tenant] = [await subscribe(app, document), await subscribe(app, document, {}, ADMIN)]
    const id = newId()
    await app.sql(
      `INSERT INTO heal_attempts (id, target_id, container, action, trigger, reason, outcome, started_at)
       VALUES ($1, $1, 'crm', 'restart', 'probe', 'x', 'SUCCEEDED', now())`,
      [id],
    )
    await until('the operator hears of it', () => {
      app.core.pubsub.publish(CHANNELS.healAttempts, id)
      return operator.results.length > 0
    })
    expect([tenant.results, tenant.errors]).toEqual([[], []])
    await Promise.all([operator.stop(), tenant.stop()])
  })

  test('bulkReplay has no progress of the others’', async () => {
    const pointed = await subscribe(app, `subscription { ${SUBSCRIPTIONS.bulkReplay!(null)} }`, {}, VIEWER)
    await until('it ends', () => pointed.ended)
    expect(pointed.results).toEqual([])
    expect(pointed.errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND'])
  })

  test.each(names.filter((name) => name !== 'healAttempts' && name !== 'bulkReplay'))(
    '%s has one’s own changes and none of the others’',
    async (name) => {
      const make = (tenantId: string | null) =>
        subscribe(app, `subscription { ${SUBSCRIPTIONS[name]!(tenantId)} }`, {}, VIEWER)
      const [own, pointed] = [await make(null), await make(THEIRS)]
      const publish = (tenantId: string, mark: string) =>
        app.ok('mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }', {
          input: eventOf(tenantId, mark, 9),
        })
      const started = own.results.length
      await publish(THEIRS, MARK)
      await publish(MINE, 'mine')
      const acknowledge = (tenantId: string, id: string) =>
        app.ok(
          'mutation ($id: ID!) { acknowledgeAlert(id: $id) { alert { id } } }',
          { id },
          { as: { role: 'ADMIN', tenantId } },
        )
      if (name === 'alerts') {
        await acknowledge(THEIRS, theirs.alert)
        await acknowledge(MINE, mine.alert)
      }
      await until('one’s own', () => own.results.length > Math.max(started, name === 'deliveryStats' ? 1 : 0))
      expectNone([own.results, own.errors])
      const nothing = name === 'deliveryStats' ? [{ deliveryStats: { pending: 0, delivered: 0, deadLetter: 0 } }] : []
      // The platform's health is nobody's rows: a tenant gets it without what it consists of.
      if (name === 'platformHealth') expect(pointed.results[0]).toMatchObject({ platformHealth: { services: [] } })
      else expect(pointed.results).toEqual(nothing)
      expect(pointed.errors).toEqual([])
      await Promise.all([own.stop(), pointed.stop()])
    },
  )
})
