import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp, until } from '../../test/harness.ts'
import { answers, descriptorFile, fails, startVendor, type VendorServer } from '../../test/servers/ai-vendors.ts'
import { newId, publicId } from '../kit/ids.ts'

const TENANT = 'tenant-crm'
const AGENT: As = { role: 'AGENT', tenantId: TENANT }
const TEXT =
  'Hi, this is Ada Byron-Example from Engine Works Ltd, mail ada@engineworks.example or call +44 20 7946 0312.'

let app: TestApp
let claude: VendorServer
beforeAll(async () => {
  claude = await startVendor()
  const env = {
    CLAUDE_URL: claude.origin,
    CLAUDE_API_KEY: 'k',
    AI_PROVIDERS_FILE: descriptorFile({ claude: { circuit: { failures: 100 } } }),
  }
  app = await startTestApp({ env })
  await app.ok(`mutation { createTenant(input: { id: "${TENANT}", name: "CRM" }) { tenant { id } } }`)
})
afterAll(async () => {
  await app.stop()
  await claude.close()
})

const LEAD = 'id tenantId name email phone company status source notes createdAt updatedAt'
interface Lead {
  id: string
  name: string
  email: string | null
  phone: string | null
  company: string | null
  status: string
  notes: string | null
}

const create = async (input: object, as: As = AGENT): Promise<Lead> =>
  (
    await app.ok<{ createLead: { lead: Lead } }>(
      `mutation ($input: CreateLeadInput!) { createLead(input: $input) { lead { ${LEAD} } } }`,
      { input },
      { as },
    )
  ).createLead.lead

const addActivity = async (leadId: string, body = 'Called; wants an offer by Friday.') =>
  (
    await app.ok<{ createActivity: { activity: { id: string } } }>(
      'mutation ($input: CreateActivityInput!) { createActivity(input: $input) { activity { id kind body summary lead { id } } } }',
      { input: { leadId, kind: 'CALL', body } },
      { as: AGENT },
    )
  ).createActivity.activity

const eventsOf = (type: string, subject: string) =>
  until(`${type} of ${subject}`, async () => {
    const rows = await app.sql<{ payload: Record<string, unknown>; tenant_id: string }>(
      'SELECT payload, tenant_id FROM events WHERE type = $1 AND subject = $2 ORDER BY id',
      [type, subject],
    )
    return rows.length > 0 && rows
  })

const UPDATE = `mutation ($id: ID!, $input: UpdateLeadInput!) { updateLead(id: $id, input: $input) { lead { ${LEAD} } } }`

describe('a lead', () => {
  test('is created, changed and deleted, with an event for each change', async () => {
    const lead = await create({ name: ' Ada ', email: 'ada@example.com', company: '', source: 'fair' })
    expect(lead).toMatchObject({ name: 'Ada', tenantId: TENANT, company: null, status: 'NEW', source: 'fair' })
    expect(await eventsOf('lead.created', lead.id)).toEqual([
      { tenant_id: TENANT, payload: { leadId: lead.id, name: 'Ada', company: null, origin: 'fair' } },
    ])

    const input = { status: 'QUALIFIED', email: null, name: 'Ada' }
    const { updateLead } = await app.ok<{ updateLead: { lead: Lead } }>(UPDATE, { id: lead.id, input }, { as: AGENT })
    expect(updateLead.lead).toMatchObject({ name: 'Ada', email: null, status: 'QUALIFIED' })
    expect((await eventsOf('lead.updated', lead.id)).map(({ payload }) => payload)).toEqual([
      { leadId: lead.id, changed: ['email', 'status'], status: 'qualified' },
    ])
    // A change without effect publishes no event.
    await app.ok(UPDATE, { id: lead.id, input: { status: 'QUALIFIED' } }, { as: AGENT })

    const { id } = await addActivity(lead.id)
    const remove = 'mutation ($id: ID!) { deleteLead(id: $id) { deletedId } }'
    expect(await app.ok(remove, { id: lead.id }, { as: AGENT })).toEqual({ deleteLead: { deletedId: lead.id } })
    expect(await app.ok('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [lead.id, id] })).toEqual({
      nodes: [null, null],
    })
    expect(await app.fails(remove, { id: lead.id }, { as: AGENT })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await eventsOf('lead.updated', lead.id)).toHaveLength(1)
  })

  test('is refused with every error, by field', async () => {
    const input = { name: ' ', email: 'no address', phone: '1'.repeat(41), source: 'a\nb', notes: 'x'.repeat(10_001) }
    const refused = await app.fails(
      'mutation ($input: CreateLeadInput!) { createLead(input: $input) { lead { id } } }',
      { input },
      { as: AGENT },
    )
    expect(refused.code).toBe('BAD_USER_INPUT')
    expect(refused.issues?.map(({ path }) => path.join('.'))).toEqual(
      expect.arrayContaining(['input.name', 'input.email', 'input.phone', 'input.source', 'input.notes']),
    )
    const lead = await create({ name: 'Ada' })
    expect(await app.fails(UPDATE, { id: lead.id, input: { status: null } }, { as: AGENT })).toMatchObject({
      path: ['input', 'status'],
    })
  })

  test('is visible only to its tenant, and changed only by agents', async () => {
    const lead = await create({ name: 'Ada of one tenant' })
    const others: As = { role: 'ADMIN', tenantId: 'tenant-other' }
    const input = { name: 'Mine' }
    expect(await app.fails(UPDATE, { id: lead.id, input }, { as: others })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await app.fails(UPDATE, { id: lead.id, input }, { as: { role: 'VIEWER', tenantId: TENANT } })).toMatchObject(
      {
        code: 'FORBIDDEN',
        requiredRole: 'AGENT',
      },
    )
    const list = `{ leads(filter: { search: "of one tenant" }) { totalCount nodes { id } } }`
    expect(await app.ok(list, {}, { as: others })).toEqual({ leads: { totalCount: 0, nodes: [] } })
    expect(await app.ok(list, {}, { as: { role: 'VIEWER', tenantId: TENANT } })).toEqual({
      leads: { totalCount: 1, nodes: [{ id: lead.id }] },
    })
  })

  test('is found by filter and search, page by page, newest first', async () => {
    const ids: string[] = []
    for (const n of [1, 2, 3, 4, 5])
      ids.unshift((await create({ name: `Paged ${n}%`, status: n % 2 ? 'WON' : 'LOST', source: 'paging' })).id)
    const QUERY = `query ($filter: LeadFilter, $first: Int, $after: String) { leads(filter: $filter, first: $first, after: $after) {
      totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`
    interface Page {
      leads: { totalCount: number; nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
    }
    const seen: string[] = []
    let after: string | undefined
    for (let more = true; more; ) {
      const { leads } = await app.ok<Page>(QUERY, { filter: { search: 'paged' }, first: 2, after }, { as: AGENT })
      expect(leads.totalCount).toBe(5)
      seen.push(...leads.nodes.map(({ id }) => id))
      more = leads.pageInfo.hasNextPage
      after = leads.pageInfo.endCursor
    }
    expect(seen).toEqual(ids)
    const count = async (filter: object) => (await app.ok<Page>(QUERY, { filter }, { as: AGENT })).leads.totalCount
    expect(await count({ sources: ['paging'], statuses: ['LOST'] })).toBe(2)
    expect(await count({ search: '3%' })).toBe(1)
    expect(await count({ sources: ['paging'], until: '2020-01-01T00:00:00Z' })).toBe(0)
  })
})

describe('with AI', () => {
  const EXTRACT = `mutation ($input: ExtractLeadInput!) { extractLead(input: $input) {
    lead { ${LEAD} } draft usedProvider attempts { provider ok error } } }`
  const DRAFT = {
    name: 'Ada Byron-Example',
    email: 'ada@engineworks.example',
    phone: '+442079460312',
    company: 'Engine Works Ltd',
  }

  test('a text becomes a draft, and is saved only on request', async () => {
    claude.behave(answers('claude', DRAFT))
    const before = await app.sql<{ n: number }>('SELECT count(*)::int AS n FROM leads')
    const drafted = await app.ok(EXTRACT, { input: { text: TEXT, save: false } }, { as: AGENT })
    expect(drafted).toMatchObject({ extractLead: { lead: null, draft: DRAFT, usedProvider: 'claude' } })
    expect(await app.sql('SELECT count(*)::int AS n FROM leads')).toEqual(before)
    const saved = await app.ok<{ extractLead: { lead: Lead } }>(EXTRACT, { input: { text: TEXT } }, { as: AGENT })
    expect(saved.extractLead.lead).toMatchObject({ ...DRAFT, source: 'extracted', notes: TEXT, status: 'NEW' })
  })

  test('the next provider extracts and summarises while the first is down, and the activity names it', async () => {
    claude.behave(fails('claude', 529, 'overloaded_error'))
    const extracted = await app.ok<{ extractLead: { lead: Lead } }>(EXTRACT, { input: { text: TEXT } }, { as: AGENT })
    expect(extracted.extractLead).toMatchObject({
      draft: DRAFT,
      usedProvider: 'local',
      attempts: expect.arrayContaining([{ provider: 'claude', ok: false, error: 'answered 529 (overloaded_error)' }]),
    })
    const { id } = await addActivity(extracted.extractLead.lead.id)
    const summary = 'Called; wants an offer by Friday.'
    expect(
      await app.ok(
        'mutation ($id: ID!) { summarizeActivity(id: $id) { usedProvider activity { id summary summarizedBy } } }',
        { id },
        { as: AGENT },
      ),
    ).toEqual({ summarizeActivity: { usedProvider: 'local', activity: { id, summary, summarizedBy: 'local' } } })
    expect((await eventsOf('ai.summary.created', id))[0]!.payload).toEqual({
      summary,
      activityId: id,
      leadId: extracted.extractLead.lead.id,
      provider: 'local',
    })
  })

  test('a text without a person gives a draft but no lead', async () => {
    claude.behave(answers('claude', { name: null, email: null, phone: null, company: null }))
    const input = { text: 'When do you open?' }
    expect(await app.fails(EXTRACT, { input }, { as: AGENT })).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: ['input', 'text'],
    })
    await app.ok(EXTRACT, { input: { ...input, save: false } }, { as: AGENT })
    expect(await app.fails(EXTRACT, { input: { text: '' } }, { as: AGENT })).toMatchObject({ path: ['input', 'text'] })
  })
})

describe('an event of the CRM', () => {
  test('that a dead process left is published by a worker, once', async () => {
    const subject = publicId('lead', newId())
    const event = { type: 'lead.created', tenantId: TENANT, subject, correlationId: null, payload: { leadId: subject } }
    await app.sql(`INSERT INTO crm_outbox (id, event, created_at) VALUES ($1, $2, now() - interval '1 minute')`, [
      newId(),
      JSON.stringify(event),
    ])
    const worker = await startTestApp({ beside: app })
    try {
      const { createAiAndCrm } = await import('../ai-wiring.ts')
      const { crm } = createAiAndCrm(worker.core, worker.pipeline)
      await Promise.all([crm.outbox.publishLeft(), crm.outbox.publishLeft()])
      expect(await eventsOf('lead.created', subject)).toHaveLength(1)
      expect(await app.sql('SELECT id FROM crm_outbox')).toEqual([])
    } finally {
      await worker.stop()
    }
  })
})
