import { isNonNullType, isScalarType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp } from '../../test/harness.ts'
import { createFresh, mutations, WHERE } from '../../test/schema-walks/index.ts'
import { type IdKind, newId, publicId } from '../kit/ids.ts'
import { schema } from '../schema.ts'

const TENANT = 'tenant-acme'
const HEADERS = { headers: { 'x-request-id': 'req-of-the-walk' } }

let targetCount = 0
const newTenant = () => ({ tenantId: TENANT, mark: `target-${++targetCount}` })

/** A mutation with a new object, and the expected entry of its success. */
async function caseOf(name: string) {
  const mutation = mutations[name]
  if (!mutation) throw new Error(`${name} has no case: ${WHERE}`)
  const tenant = newTenant()
  const target = { ...tenant, id: mutation.on ? await createFresh(app, mutation.on, tenant) : '' }
  const { action, targetId = mutation.on ? () => target.id : 'new', tenantId = () => TENANT } = mutation
  const entry = {
    action,
    targetType: mutation.targetType ?? action.split('.')[0]!,
    targetId: targetId === 'new' ? expect.any(String) : typeof targetId === 'function' ? targetId(target) : targetId,
    tenantId: tenantId?.(target) ?? null,
  }
  return { target, args: mutation.args?.(target) ?? '', action, entry }
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
  // The clock stands still, so that counts do not change. It is ahead of the whole run, because a rule counts no events
  // that are more than a minute ahead of the clock.
  const now = Date.now() + 1_800_000
  // pruneEvents waits for a worker, which there is none, for most of that time.
  const env = { OPERATION_TIMEOUT_MS: '5000', AI_TIMEOUT_MS: '5000' }
  app = await startTestApp({ env, expectErrors: true, clock: () => now })
})
afterAll(() => app.stop())

const entries = async (): Promise<Entry[]> =>
  (
    await app.ok<{ auditEntries: { nodes: Entry[] } }>(`{ auditEntries(first: 20) { nodes {
      id actor { kind id name } roles tenantId action targetType targetId outcome before after clientIp requestId } } }`)
  ).auditEntries.nodes

/** The entries that are written while `work` runs, oldest first. */
async function during(work: () => Promise<unknown>): Promise<Entry[]> {
  const earlier = new Set((await entries()).map(({ id }) => id))
  await work()
  return (await entries()).filter(({ id }) => !earlier.has(id)).reverse()
}

const operation = (name: string, args: string) => `mutation { ${name}${args === '' ? '' : `(${args})`} { __typename } }`

describe('every mutation', () => {
  test('has a case: its action, or the reason why it has no entry', () => {
    expect(MUTATIONS.map(({ name }) => name).sort(), `${WHERE} (mutations)`).toEqual(Object.keys(mutations).sort())
  })

  const withEntry = Object.keys(mutations).filter((name) => !mutations[name]!.ownRecord)
  test.each(withEntry)('%s that succeeds is one entry', async (name) => {
    if (mutations[name]!.succeedsElsewhere) return
    const { args, entry } = await caseOf(name)
    const written = await during(() => app.ok(operation(name, args), {}, HEADERS))
    expect(written).toHaveLength(1)
    expect(written[0]).toMatchObject({
      ...entry,
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
    const { args, action } = await caseOf(name)
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
    const { target, entry } = await caseOf(name)
    const kind = /^([a-z]+)_/.exec(target.id)?.[1]
    const missing = kind ? publicId(kind as IdKind, newId()) : 'there-is-none'
    const args = mutations[name]!.args!({ ...target, id: missing })
    const written = await during(async () =>
      expect(await app.fails(operation(name, args))).toMatchObject({ code: 'NOT_FOUND' }),
    )
    expect(written).toMatchObject([
      {
        ...entry,
        targetId: missing,
        outcome: 'FAILED',
        tenantId: null,
        before: null,
        after: { code: 'NOT_FOUND' },
      },
    ])
  })
})

describe('a change and its entry', () => {
  test('exist together or not at all', async () => {
    const id = await createFresh(app, 'webhook', newTenant())
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
    // An entry that could not be written is in the log.
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

  test('contain the change, but no secrets', async () => {
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
