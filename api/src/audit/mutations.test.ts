import { isNonNullType, isScalarType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp } from '../../test/harness.ts'
import { NEW_TARGET } from '../healing/decide/state.ts'
import { NEW_RUN } from '../healing/targets/memory.ts'
import { type IdKind, newId, publicId } from '../kit/ids.ts'
import { schema } from '../schema.ts'

const TENANT = 'tenant-acme'
const HEADERS = { headers: { 'x-request-id': 'req-of-the-walk' } }

/** A mutation that succeeds, and what the trail has to say of it. */
interface Case {
  /** Its arguments, as they stand in a document. */
  args: string
  action: string
  targetType: string
  /** Null: its target is new. */
  targetId: string | null
  tenantId: string | null
  /** Its success needs a worker or an archive: the test of that feature covers the entry. */
  succeedsElsewhere?: true
}

let tenants = 0
const newTenant = () => `new-tenant-${++tenants}`

const webhookCase =
  (verb: string, more = '') =>
  async (): Promise<Case> => {
    const targetId = await newWebhook()
    return {
      args: `id: "${targetId}"${more}`,
      action: `webhook.${verb}`,
      targetType: 'webhook',
      targetId,
      tenantId: TENANT,
    }
  }
const deliveryCase = (verb: string, more: string) => async (): Promise<Case> => {
  const targetId = await newDelivery()
  return {
    args: `id: "${targetId}"${more}`,
    action: `delivery.${verb}`,
    targetType: 'delivery',
    targetId,
    tenantId: TENANT,
  }
}
const bulkReplayCase =
  (verb: string, more = '') =>
  async (): Promise<Case> => {
    const targetId = await idOfNew(
      `bulkReplayDeliveries(input: { filter: { statuses: [DEAD_LETTER], tenantId: "${TENANT}" } }) { made: bulkReplay { id } }`,
    )
    return {
      args: `id: "${targetId}"${more}`,
      action: `bulkReplay.${verb}`,
      targetType: 'bulkReplay',
      targetId,
      tenantId: TENANT,
    }
  }
const NEW_WEBHOOK = `input: { name: "shop", url: "http://127.0.0.1:9/hook", tenantId: "${TENANT}", eventTypes: ["order.*"] }`

const NEW_RULE = `input: { name: "failures", tenantId: "${TENANT}", eventType: "job.failed", windowSeconds: 60, threshold: 1 }`
const newTemplate = (slug: string) =>
  `input: { slug: "${slug}", name: "Failures", description: "Jobs fail", tenantId: "${TENANT}", rule: { name: "failures", windowSeconds: 60, threshold: 1 } }`
const NEW_SILENCE = () =>
  `input: { matchers: { rule: "nothing" }, tenantId: "${TENANT}", reason: "known", endsAt: "${new Date(Date.now() + 60_000).toISOString()}" }`

/** The id of what a mutation makes, which it selects as `made { id }`. */
async function idOfNew(mutation: string): Promise<string> {
  const { answer } = await app.ok<{ answer: { made: { id: string } } }>(`mutation { answer: ${mutation} }`)
  return answer.made.id
}

const newRule = () => idOfNew(`createAlertRule(${NEW_RULE}) { made: rule { id } }`)

const ruleCase =
  (verb: string, more = '') =>
  async (): Promise<Case> => {
    const targetId = await newRule()
    return {
      args: `id: "${targetId}"${more}`,
      action: `alertRule.${verb}`,
      targetType: 'alertRule',
      targetId,
      tenantId: TENANT,
    }
  }

const alertCase = (verb: string) => async (): Promise<Case> => {
  await app.ok(
    `mutation { publishEvent(input: { type: "job.failed", source: "s", tenantId: "${TENANT}" }) { deduplicated } }`,
  )
  const rule = await newRule()
  const { alerts } = await app.ok<{ alerts: { nodes: { id: string }[] } }>(
    `{ alerts(filter: { ruleId: "${rule}" }) { nodes { id } } }`,
  )
  if (!alerts.nodes[0]) throw new Error(`no alert was raised: ${JSON.stringify(app.logs.slice(-3))}`)
  const targetId = alerts.nodes[0]!.id
  return { args: `id: "${targetId}"`, action: `alert.${verb}`, targetType: 'alert', targetId, tenantId: TENANT }
}

const NEW_SERVICE = 'input: { name: "crm", url: "http://crm.invalid" }'

const healTargetCase =
  (action: string, more: string, state = 'HEALTHY') =>
  async (): Promise<Case> => {
    const targetId = await newHealTarget(state)
    return { args: `targetId: "${targetId}"${more}`, action, targetType: 'healTarget', targetId, tenantId: null }
  }

const tenantCase = (action: string) => ({ action, targetType: 'tenant', targetId: TENANT, tenantId: TENANT })

/** An archive file that a row names and no store has: reading it fails. */
const archiveCase = (action: string) => async (): Promise<Case> => {
  const id = newId()
  await app.sql(
    `INSERT INTO archive_files (id, tenant_id, day, part, events, bytes, sha256, first_id, last_id, last_seq, location, created_at, verified_at)
     VALUES ($1::uuid, $2, '2026-01-01', nextval('audit_walk_parts'), 1, 1, '', $1::uuid, $1::uuid, 1, 'nowhere', now(), now())`,
    [id, TENANT],
  )
  const targetId = publicId('arc', id)
  return {
    args: `id: "${targetId}"`,
    action,
    targetType: 'archive',
    targetId,
    tenantId: TENANT,
    succeedsElsewhere: true,
  }
}

/** One for every mutation of the schema: whoever adds a mutation adds its case. */
const CASES: Record<string, () => Promise<Case>> = {
  createWebhook: async () => ({
    args: NEW_WEBHOOK,
    action: 'webhook.create',
    targetType: 'webhook',
    targetId: null,
    tenantId: TENANT,
  }),
  updateWebhook: webhookCase('update', ', input: { name: "another" }'),
  deleteWebhook: webhookCase('delete'),
  pauseWebhook: webhookCase('pause'),
  resumeWebhook: webhookCase('resume'),
  rotateWebhookSecret: webhookCase('rotateSecret'),
  testWebhook: webhookCase('test'),
  replayDelivery: deliveryCase('replay', ', force: true'),
  cancelDelivery: deliveryCase('cancel', ', reason: "not wanted"'),
  cancelDeliveries: async () => ({
    args: `input: { deliveryIds: ["${await newDelivery()}"], reason: "not wanted" }`,
    action: 'delivery.cancelMany',
    targetType: 'deliveries',
    targetId: 'ids',
    tenantId: null,
  }),
  bulkReplayDeliveries: async () => ({
    args: `input: { deliveryIds: ["${await newDelivery()}"] }`,
    action: 'bulkReplay.start',
    targetType: 'bulkReplay',
    targetId: null,
    tenantId: TENANT,
  }),
  cancelBulkReplay: bulkReplayCase('cancel'),
  pauseBulkReplay: bulkReplayCase('pause', ', paused: true'),
  createAlertRule: async () => ({
    args: NEW_RULE,
    action: 'alertRule.create',
    targetType: 'alertRule',
    targetId: null,
    tenantId: TENANT,
  }),
  updateAlertRule: ruleCase('update', ', input: { threshold: 5 }'),
  setAlertRuleEnabled: ruleCase('setEnabled', ', enabled: false'),
  deleteAlertRule: ruleCase('delete'),
  previewAlertRule: async () => ({
    args: NEW_RULE,
    action: 'alertRule.preview',
    targetType: 'alertRule',
    targetId: 'failures',
    tenantId: TENANT,
  }),
  evaluateAlertRules: async () => ({
    args: '',
    action: 'alertRule.evaluate',
    targetType: 'alertRule',
    targetId: 'all',
    tenantId: null,
  }),
  createAlertTemplate: async () => ({
    args: newTemplate(newTenant()),
    action: 'alertTemplate.create',
    targetType: 'alertTemplate',
    targetId: null,
    tenantId: TENANT,
  }),
  deleteAlertTemplate: async () => {
    const targetId = await idOfNew(`createAlertTemplate(${newTemplate(newTenant())}) { made: template { id } }`)
    return {
      args: `id: "${targetId}"`,
      action: 'alertTemplate.delete',
      targetType: 'alertTemplate',
      targetId,
      tenantId: TENANT,
    }
  },
  materializeAlertTemplate: async () => ({
    args: `id: "${publicId('tpl', '01900000-0000-7000-8000-000000000002')}", input: { tenantId: "${TENANT}" }`,
    action: 'alertTemplate.materialize',
    targetType: 'alertTemplate',
    targetId: publicId('tpl', '01900000-0000-7000-8000-000000000002'),
    tenantId: TENANT,
  }),
  acknowledgeAlert: alertCase('acknowledge'),
  resolveAlert: alertCase('resolve'),
  createSilence: async () => ({
    args: NEW_SILENCE(),
    action: 'silence.create',
    targetType: 'silence',
    targetId: null,
    tenantId: TENANT,
  }),
  expireSilence: async () => {
    const targetId = await idOfNew(`createSilence(${NEW_SILENCE()}) { made: silence { id } }`)
    return { args: `id: "${targetId}"`, action: 'silence.expire', targetType: 'silence', targetId, tenantId: TENANT }
  },
  registerEventType: async () => ({
    args: 'input: { name: "order.created", description: "An order" }',
    action: 'eventType.register',
    targetType: 'eventType',
    targetId: 'order.created',
    tenantId: null,
  }),
  deprecateEventType: async () => {
    await app.ok('mutation { registerEventType(input: { name: "order.lost", description: "x" }) { created } }')
    const targetId = 'order.lost'
    return {
      args: `name: "${targetId}"`,
      action: 'eventType.deprecate',
      targetType: 'eventType',
      targetId,
      tenantId: null,
    }
  },
  createApiKey: async () => ({
    args: 'input: { name: "ci", role: VIEWER }',
    action: 'apiKey.create',
    targetType: 'apiKey',
    targetId: null,
    tenantId: null,
  }),
  revokeApiKey: async () => {
    const made = await app.ok<{ createApiKey: { apiKey: { id: string } } }>(
      `mutation { createTenant(input: { id: "${newTenant()}", name: "x" }) { tenant { id } }
        createApiKey(input: { name: "ci", role: VIEWER, tenantId: "new-tenant-${tenants}" }) { apiKey { id } } }`,
    )
    const targetId = made.createApiKey.apiKey.id
    const tenantId = `new-tenant-${tenants}`
    return { args: `id: "${targetId}"`, action: 'apiKey.revoke', targetType: 'apiKey', targetId, tenantId }
  },
  createTenant: async () => {
    const id = newTenant()
    const args = `input: { id: "${id}", name: "New" }`
    return { args, action: 'tenant.create', targetType: 'tenant', targetId: id, tenantId: id }
  },
  updateTenant: async () => {
    const id = newTenant()
    await app.ok(`mutation { createTenant(input: { id: "${id}", name: "New" }) { tenant { id } } }`)
    const args = `id: "${id}", input: { name: "Newer" }`
    return { args, action: 'tenant.update', targetType: 'tenant', targetId: id, tenantId: id }
  },
  registerService: async () => ({
    args: NEW_SERVICE,
    action: 'service.register',
    targetType: 'service',
    targetId: 'crm',
    tenantId: null,
  }),
  unregisterService: async () => {
    await app.ok(`mutation { registerService(${NEW_SERVICE}) { created } }`)
    return { args: 'name: "crm"', action: 'service.unregister', targetType: 'service', targetId: 'crm', tenantId: null }
  },
  setTenantAiProviders: async () => {
    const id = newTenant()
    await app.ok(`mutation { createTenant(input: { id: "${id}", name: "New" }) { tenant { id } } }`)
    const args = `tenantId: "${id}", providers: ["local"]`
    return { args, action: 'tenant.setAiProviders', targetType: 'tenant', targetId: id, tenantId: id }
  },
  orchestrate: async () => ({
    args: `input: { intent: "classify-intent", input: { text: "help" }, tenantId: "${TENANT}" }`,
    action: 'ai.orchestrate',
    targetType: 'aiIntent',
    targetId: 'classify-intent',
    tenantId: TENANT,
  }),
  explainIncident: async () => {
    const targetId = await newWebhook()
    const args = `input: { webhookId: "${targetId}" }`
    return { args, action: 'ai.explainIncident', targetType: 'webhook', targetId, tenantId: TENANT }
  },
  createLead: async () => ({
    args: NEW_LEAD,
    action: 'lead.create',
    targetType: 'lead',
    targetId: null,
    tenantId: TENANT,
  }),
  updateLead: async () => {
    const targetId = await newLead()
    const args = `id: "${targetId}", input: { status: WON }`
    return { args, action: 'lead.update', targetType: 'lead', targetId, tenantId: TENANT }
  },
  deleteLead: async () => {
    const targetId = await newLead()
    return { args: `id: "${targetId}"`, action: 'lead.delete', targetType: 'lead', targetId, tenantId: TENANT }
  },
  extractLead: async () => ({
    args: `input: { text: "I am Ada Example", tenantId: "${TENANT}" }`,
    action: 'lead.extract',
    targetType: 'lead',
    targetId: null,
    tenantId: TENANT,
  }),
  createActivity: async () => ({
    args: `input: { leadId: "${await newLead()}", kind: NOTE, body: "x" }`,
    action: 'activity.create',
    targetType: 'activity',
    targetId: null,
    tenantId: TENANT,
  }),
  deleteActivity: async () => {
    const targetId = await newActivity()
    return { args: `id: "${targetId}"`, action: 'activity.delete', targetType: 'activity', targetId, tenantId: TENANT }
  },
  summarizeActivity: async () => {
    const targetId = await newActivity()
    const action = 'activity.summarize'
    return { args: `id: "${targetId}"`, action, targetType: 'activity', targetId, tenantId: TENANT }
  },
  drillProviders: async () => ({
    args: '',
    action: 'ai.drill',
    targetType: 'aiProviders',
    targetId: 'all',
    tenantId: null,
  }),
  healNow: healTargetCase('healTarget.heal', ''),
  setHealMaintenance: healTargetCase('healTarget.setMaintenance', ', until: null'),
  releaseHealTarget: healTargetCase('healTarget.release', '', 'GIVEN_UP'),
  probeWebhook: async () => ({ ...(await webhookCase('probe')()), succeedsElsewhere: true }),
  setRetention: async () => ({
    args: 'subject: EVENTS, retentionDays: 20',
    action: 'retention.set',
    targetType: 'retention',
    targetId: null,
    tenantId: null,
  }),
  setTenantRetention: async () => ({ ...tenantCase('retention.set'), args: `tenantId: "${TENANT}", retentionDays: 7` }),
  clearTenantRetention: async () => {
    await app.ok(`mutation { setTenantRetention(tenantId: "${TENANT}", retentionDays: 9) { __typename } }`)
    return { ...tenantCase('retention.clear'), args: `tenantId: "${TENANT}"` }
  },
  setLegalHold: async () => ({
    ...tenantCase('retention.hold'),
    args: `tenantId: "${TENANT}", hold: true, reason: "a case at court"`,
  }),
  pruneEvents: async () => ({
    args: 'dryRun: true',
    action: 'retention.prune',
    targetType: 'pruneRun',
    targetId: null,
    tenantId: null,
  }),
  verifyArchive: archiveCase('archive.verify'),
  restoreArchive: archiveCase('archive.restore'),
}

/** The rows that they create name their creator; a denial of them is an entry. */
const OWN_RECORD: Record<string, { args: string; action: string }> = {
  publishEvent: { args: 'input: { type: "order.created", source: "shop" }', action: 'event.publish' },
  publishEvents: { args: 'input: [{ type: "order.created", source: "shop" }]', action: 'event.publish' },
  heartbeat: { args: 'name: "crm"', action: 'service.heartbeat' },
}

const MUTATIONS = Object.values(schema.getMutationType()?.getFields() ?? {})

interface Entry {
  id: string
  actor: { kind: string; id: string; name: string }
  roles: string[]
  tenantId: string | null
  action: string
  targetType: string | null
  targetId: string | null
  outcome: string
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
  clientIp: string
  requestId: string
}

let app: TestApp
beforeAll(async () => {
  // The clock stands still: what is counted stays so.
  const now = Date.now()
  app = await startTestApp({ expectErrors: true, clock: () => now })
  await app.sql('CREATE SEQUENCE audit_walk_parts')
})
afterAll(() => app.stop())

const entries = async (): Promise<Entry[]> =>
  (
    await app.ok<{ auditEntries: { nodes: Entry[] } }>(`{ auditEntries(first: 20) { nodes {
      id actor { kind id name } roles tenantId action targetType targetId outcome before after clientIp requestId } } }`)
  ).auditEntries.nodes

/** The entries that are written while `work` runs, oldest first. */
async function during(work: () => Promise<unknown>): Promise<Entry[]> {
  const known = new Set((await entries()).map(({ id }) => id))
  await work()
  return (await entries()).filter(({ id }) => !known.has(id)).reverse()
}

async function newWebhook(): Promise<string> {
  const made = await app.ok<{ createWebhook: { webhook: { id: string } } }>(
    `mutation { createWebhook(${NEW_WEBHOOK}) { webhook { id } } }`,
  )
  return made.createWebhook.webhook.id
}

async function newDelivery(): Promise<string> {
  const webhook = await newWebhook()
  await app.ok(
    `mutation { publishEvent(input: { type: "order.created", source: "shop", tenantId: "${TENANT}" }) { deduplicated } }`,
  )
  const found = await app.ok<{ deliveries: { nodes: { id: string }[] } }>(
    `{ deliveries(filter: { webhookIds: ["${webhook}"] }) { nodes { id } } }`,
  )
  return found.deliveries.nodes[0]!.id
}

const NEW_LEAD = `input: { name: "Ada", tenantId: "${TENANT}" }`

async function newLead(): Promise<string> {
  const made = await app.ok<{ createLead: { lead: { id: string } } }>(
    `mutation { createLead(${NEW_LEAD}) { lead { id } } }`,
  )
  return made.createLead.lead.id
}

async function newActivity(): Promise<string> {
  const made = await app.ok<{ createActivity: { activity: { id: string } } }>(
    `mutation { createActivity(input: { leadId: "${await newLead()}", kind: NOTE, body: "Called." }) { activity { id } } }`,
  )
  return made.createActivity.activity.id
}

const operation = (name: string, args: string) => `mutation { ${name}${args === '' ? '' : `(${args})`} { __typename } }`
/** A target in a state, of a healer that is there; an attempt at it ends as soon as somebody asks for one. */
async function newHealTarget(state: string): Promise<string> {
  const id = newId()
  const memory = { state: { ...NEW_TARGET, state }, run: NEW_RUN }
  await app.sql(
    `INSERT INTO heal_targets (id, container, origin, state, memory) VALUES ($1::uuid, $1::text, 'LABEL', $2, $3)`,
    [id, state, JSON.stringify(memory)],
  )
  await app.sql(`UPDATE healer SET mode = 'heal', interval_seconds = 15, docker_status = 'OK', last_check_at = $1`, [
    new Date(app.core.clock()).toISOString(),
  ])
  await app.sql(`CREATE OR REPLACE FUNCTION end_at_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN new.outcome := 'SUCCEEDED'; RETURN new; END $$`)
  await app.sql(
    'CREATE OR REPLACE TRIGGER ended BEFORE INSERT ON heal_attempts FOR EACH ROW EXECUTE FUNCTION end_at_once()',
  )
  return publicId('tgt', id)
}

describe('every mutation', () => {
  test('has a case here: what it is recorded as, or that it is its own record', () => {
    expect(MUTATIONS.map(({ name }) => name).sort()).toEqual([...Object.keys(CASES), ...Object.keys(OWN_RECORD)].sort())
  })

  test.each(Object.keys(CASES))('%s that succeeds is one entry', async (name) => {
    const { args, succeedsElsewhere, ...recorded } = await CASES[name]!()
    if (succeedsElsewhere) return
    const written = await during(() => app.ok(operation(name, args), {}, HEADERS))
    expect(written).toHaveLength(1)
    expect(written[0]).toMatchObject({
      ...recorded,
      targetId: recorded.targetId ?? expect.any(String),
      outcome: 'ALLOWED',
      actor: { kind: 'API_KEY', name: 'test ADMIN' },
      roles: ['ADMIN'],
      clientIp: '127.0.0.1',
      requestId: 'req-of-the-walk',
    })
    expect(written[0]!.before ?? written[0]!.after).not.toBeNull()
  })

  const deniedActions = new Set<string>()
  test.each(MUTATIONS.map(({ name }) => name))('%s that is denied is one entry', async (name) => {
    const { args, action } = OWN_RECORD[name] ?? (await CASES[name]!())
    const as: As = { role: 'VIEWER', tenantId: TENANT }
    const written = await during(async () =>
      expect(await app.fails(operation(name, args), {}, { ...HEADERS, as })).toMatchObject({ code: 'FORBIDDEN' }),
    )
    // Two mutations may share an action: the second denial of an action is counted with the first.
    if (deniedActions.has(action)) return expect(written).toEqual([])
    deniedActions.add(action)
    expect(written).toHaveLength(1)
    expect(written[0]).toMatchObject({
      outcome: 'DENIED',
      action,
      tenantId: TENANT,
      roles: ['VIEWER'],
      before: null,
      after: { code: 'FORBIDDEN', required: expect.stringMatching(/^(AGENT|OPERATOR|ADMIN)$/) },
      requestId: 'req-of-the-walk',
    })
  })

  const byId = MUTATIONS.filter(({ args }) =>
    args.some(({ name, type }) => name === 'id' && isNonNullType(type) && isScalarType(type.ofType)),
  )
  test.each(byId.map(({ name }) => name))('%s that fails is one entry, and changes nothing', async (name) => {
    const { args, action, targetType, targetId } = await CASES[name]!()
    const kind = /^([a-z]+)_/.exec(targetId!)?.[1]
    const unknown = kind ? publicId(kind as IdKind, newId()) : 'there-is-none'
    const written = await during(async () =>
      expect(await app.fails(operation(name, args.replace(targetId!, unknown)))).toMatchObject({ code: 'NOT_FOUND' }),
    )
    expect(written).toMatchObject([
      {
        action,
        targetType,
        targetId: unknown,
        outcome: 'FAILED',
        tenantId: null,
        before: null,
        after: { code: 'NOT_FOUND' },
      },
    ])
  })
})

describe('a change and its entry', () => {
  test('are there together or not at all', async () => {
    const id = await newWebhook()
    const pause = `mutation { pauseWebhook(id: "${id}") { webhook { id } } }`
    await app.sql(`ALTER TABLE audit_entries ADD CONSTRAINT broken CHECK (action <> 'webhook.pause') NOT VALID`)
    const written = await during(async () => expect(await app.fails(pause)).toMatchObject({ code: 'INTERNAL' }))
    await app.sql('ALTER TABLE audit_entries DROP CONSTRAINT broken')
    expect(written).toEqual([])
    const state = async () =>
      (
        await app.sql<{ state: string }>(
          `SELECT state FROM webhooks WHERE id = (SELECT id FROM webhooks ORDER BY id DESC LIMIT 1)`,
        )
      )[0]
    expect(await state()).toEqual({ state: 'ENABLED' })
    // An entry that could not be written is at least in the log.
    expect(app.logs).toContainEqual(
      expect.objectContaining({
        action: 'webhook.pause',
        outcome: 'FAILED',
        msg: 'an entry could not be written to the audit trail',
      }),
    )
    await app.ok(pause)
    expect(await state()).toEqual({ state: 'PAUSED' })
  })

  test('say what changed, without what is secret', async () => {
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
    const input = {
      name: 'shop',
      url: 'http://127.0.0.1:9/hook?token=in-the-url&page=1',
      tenantId: TENANT,
      eventTypes: [],
      secret,
      headers: { Authorization: 'Bearer in-a-header', 'X-Shop': 'main' },
    }
    const written = await during(async () => {
      const made = await app.ok<{ createWebhook: { webhook: { id: string } } }>(
        'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
        { input },
      )
      const { id } = made.createWebhook.webhook
      await app.ok(
        `mutation { updateWebhook(id: "${id}", input: { ratePerSecond: 5, headers: { Authorization: "Bearer in-another-header" } }) { webhook { id } }
          rotateWebhookSecret(id: "${id}") { secret } }`,
      )
      await app.ok(
        `mutation { createWebhook(input: { name: "chat", kind: SLACK, url: "http://127.0.0.1:9/services/T0/B0/in-the-path", eventTypes: [] }) { secret } }`,
      )
    })
    const [created, updated, rotated, chat] = written
    expect(written).toHaveLength(4)
    expect(created).toMatchObject({
      before: null,
      after: { name: 'shop', headers: { Authorization: '[redacted]', 'X-Shop': 'main' } },
    })
    expect(updated).toMatchObject({ before: { ratePerSecond: null }, after: { ratePerSecond: 5 } })
    expect(Object.keys(updated!.before!)).toEqual(Object.keys(updated!.after!))
    expect(rotated).toMatchObject({
      before: { rotationGraceUntil: null },
      after: { rotationGraceUntil: expect.any(String) },
    })
    expect(chat!.after!.url).toMatch(/^http:\/\/127\.0\.0\.1:9\/\[redacted \w{8}\]$/)
    const rows = await app.sql<{ row: string }>('SELECT e::text AS row FROM audit_entries e')
    expect(rows.map(({ row }) => row).join('\n')).not.toMatch(
      /whsec_|in-the-url|in-a-header|in-another-header|in-the-path|v1\./,
    )
  })
})
