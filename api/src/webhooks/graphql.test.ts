import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACME, OTHER } from '../../test/features/deliveries.ts'
import { CREATE, createWebhook, type W, WEBHOOK, webhookInput, webhookRow } from '../../test/features/webhooks.ts'
import { type As, startTestApp, type TestApp } from '../../test/harness.ts'
import { newId, publicId, tryUuid } from '../kit/ids.ts'
import { cancelDeliveriesOfDeletedWebhooks } from './delete.ts'
import { webhookSeals } from './secrets/secrets.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

const UPDATE = `mutation ($id: ID!, $input: UpdateWebhookInput!) { updateWebhook(id: $id, input: $input) { webhook { ...W } } } ${WEBHOOK}`
const verb = (name: string) => `mutation ($id: ID!) { ${name}(id: $id) { webhook { ...W } } } ${WEBHOOK}`
const DELETE = 'mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId } }'
const ROTATE = `mutation ($id: ID!, $grace: Int) { rotateWebhookSecret(id: $id, graceSeconds: $grace) { secret previousValidUntil webhook { id } } }`
const NODE = `query ($id: ID!) { node(id: $id) { id ... on Webhook { name } } }`
const LIST = `query ($filter: WebhookFilter, $first: Int, $after: String) {
  webhooks(filter: $filter, first: $first, after: $after) { totalCount nodes { id name } pageInfo { hasNextPage endCursor } } }`

const create = (over: object = {}, as?: As) => createWebhook(app, over, as)
const row = (id: string) => webhookRow(app, id)

describe('another tenant', () => {
  test('a webhook of another tenant, of the installation, deleted or made up is NOT_FOUND in every operation', async () => {
    const theirs = await create()
    const installation = await create({}, { role: 'ADMIN' })
    expect(installation.tenantId).toBeNull()
    const deleted = await create({}, OTHER)
    await app.ok(DELETE, { id: deleted.id }, { as: OTHER })
    const none = publicId('whk', newId())
    for (const id of [theirs.id, installation.id, deleted.id, none]) {
      const before = tryUuid('whk', id) && (await row(id))
      for (const [document, variables] of [
        [UPDATE, { id, input: { name: 'mine' } }],
        [verb('pauseWebhook'), { id }],
        [verb('resumeWebhook'), { id }],
        [ROTATE, { id }],
        [DELETE, { id }],
      ] as const) {
        const failure = await app.fails(document, variables, { as: OTHER })
        expect(failure).toMatchObject({ code: 'NOT_FOUND', message: `there is no webhook ${id}` })
      }
      expect((await app.ok<{ node: null }>(NODE, { id }, { as: OTHER })).node).toBeNull()
      if (before) expect(await row(id)).toEqual(before)
    }
    const names = await app.ok<{ webhooks: { nodes: W[] } }>(LIST, {}, { as: OTHER })
    for (const { id } of [theirs, installation, deleted])
      expect(names.webhooks.nodes.map((n) => n.id)).not.toContain(id)
    const asked = await app.ok<{ webhooks: { nodes: W[] } }>(
      LIST,
      { filter: { tenantId: 'tenant-acme' } },
      { as: OTHER },
    )
    expect(asked.webhooks.nodes).toEqual([])
  })

  test('malformed ids and ids of another kind are BAD_USER_INPUT', async () => {
    for (const id of ['', 'x', 'whk_', publicId('dlv', newId()), `whk_${'z'.repeat(26)}`, 'whk_'.repeat(100)]) {
      expect(await app.fails(DELETE, { id }, { as: ACME })).toMatchObject({ code: 'BAD_USER_INPUT', path: ['id'] })
    }
  })
})

describe('changes', () => {
  test('update changes the given fields, null only where it has a meaning, and every change is a new version', async () => {
    const made = await create({ ratePerSecond: 5, headers: { 'X-Key': 'k1', 'X-Team': 'a' } })
    const { updateWebhook } = await app.ok<{ updateWebhook: { webhook: W } }>(
      UPDATE,
      { id: made.id, input: { name: 'ledger', ratePerSecond: null, headers: { 'X-Key': '[redacted]', 'X-New': 'n' } } },
      { as: ACME },
    )
    expect(updateWebhook.webhook).toEqual({
      ...made,
      name: 'ledger',
      ratePerSecond: null,
      headers: { 'X-Key': '[redacted]', 'X-New': 'n' },
    })
    const stored = await row(made.id)
    expect(stored.version).toBe(2)
    const opened = webhookSeals(app.core).openHeaders(tryUuid('whk', made.id)!, stored.headers_sealed)
    expect(opened).toEqual({ 'X-Key': 'k1', 'X-New': 'n' })

    const failure = await app.fails(
      UPDATE,
      { id: made.id, input: { name: null, eventTypes: null, url: 'http://10.0.0.1/' } },
      { as: ACME },
    )
    expect(failure.issues?.map(({ path }) => path.join('.')).sort()).toEqual([
      'input.eventTypes',
      'input.name',
      'input.url',
    ])
    expect((await row(made.id)).version).toBe(2)
  })

  test('pause and resume may be repeated, a disabled webhook cannot be paused, and resuming clears its failures', async () => {
    const { id } = await create()
    const state = async (name: string) =>
      (await app.ok<Record<string, { webhook: W }>>(verb(name), { id }, { as: ACME }))[name]!.webhook.state
    expect(await state('pauseWebhook')).toBe('PAUSED')
    expect(await state('pauseWebhook')).toBe('PAUSED')
    expect(await state('resumeWebhook')).toBe('ENABLED')
    await app.sql(
      `UPDATE webhooks SET state = 'DISABLED', disabled_reason = '410', circuit = 'OPEN', consecutive_failures = 12, failing_since = now(),
         circuit_probe_at = now(), circuit_openings = 3 WHERE id = $1`,
      [tryUuid('whk', id)],
    )
    expect((await app.fails(verb('pauseWebhook'), { id }, { as: ACME })).code).toBe('CONFLICT')
    expect(await state('resumeWebhook')).toBe('ENABLED')
    expect(await row(id)).toMatchObject({
      state: 'ENABLED',
      disabled_reason: null,
      circuit: 'CLOSED',
      consecutive_failures: 0,
      failing_since: null,
      circuit_probe_at: null,
      circuit_openings: 0,
    })
  })

  test('a rotation keeps every secret until its time; of two at once one is refused or both follow each other', async () => {
    const made = await app.ok<{ createWebhook: { webhook: W; secret: string } }>(
      CREATE,
      { input: webhookInput() },
      { as: ACME },
    )
    const { id } = made.createWebhook.webhook
    type Rotated = { rotateWebhookSecret: { secret: string; previousValidUntil: string } }
    const first = (await app.ok<Rotated>(ROTATE, { id, grace: 60 }, { as: ACME })).rotateWebhookSecret
    const stored = await row(id)
    const seals = webhookSeals(app.core)
    const uuid = tryUuid('whk', id)!
    expect(seals.openSecret(uuid, stored.secret_sealed)).toBe(first.secret)
    const previousOf = async () =>
      ((await row(id)).previous_secrets as { sealed: string; expiresAt: string }[]).map(({ sealed, expiresAt }) => ({
        secret: seals.openSecret(uuid, sealed),
        until: expiresAt,
      }))
    const original = { secret: made.createWebhook.secret, until: first.previousValidUntil }
    expect(await previousOf()).toEqual([original])

    const second = (await app.ok<Rotated>(ROTATE, { id, grace: 3_600 }, { as: ACME })).rotateWebhookSecret
    expect(await previousOf()).toEqual([{ secret: first.secret, until: second.previousValidUntil }, original])
    // Without a grace period the present secret ends at once; earlier ones keep their promised time.
    await app.ok<Rotated>(ROTATE, { id, grace: 0 }, { as: ACME })
    expect(await previousOf()).toEqual([{ secret: first.secret, until: second.previousValidUntil }, original])
    for (let rotation = 0; rotation < 3; rotation++) await app.ok<Rotated>(ROTATE, { id, grace: 60 }, { as: ACME })
    expect(await app.fails(ROTATE, { id, grace: 60 }, { as: ACME })).toMatchObject({ code: 'CONFLICT' })
    await app.sql(`UPDATE webhooks SET previous_secrets = '[]'`)
    for (const grace of [-1, 604_801]) {
      expect(await app.fails(ROTATE, { id, grace }, { as: ACME })).toMatchObject({
        code: 'BAD_USER_INPUT',
        path: ['graceSeconds'],
      })
    }
    const both = await Promise.all([
      app.gql<Rotated>(ROTATE, { id }, { as: ACME }),
      app.gql<Rotated>(ROTATE, { id }, { as: ACME }),
    ])
    const secrets = both.flatMap(({ data }) => data?.rotateWebhookSecret.secret ?? [])
    for (const { errors } of both) if (errors) expect(errors[0]?.extensions.code).toBe('CONFLICT')
    expect(secrets).toContain(seals.openSecret(uuid, (await row(id)).secret_sealed))
  })

  test('deleting hides a webhook and cancels waiting deliveries, but not those that are being sent', async () => {
    const { id } = await create()
    const uuid = tryUuid('whk', id)
    const delivery = async (status: string, lease: string | null) => {
      const deliveryId = newId()
      await app.sql(
        `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, max_attempts, next_attempt_at, wake_at, lease_until, created_at)
         VALUES ($1, $2, $3, 'tenant-acme', 'order.created', 'https://93.184.215.7/hook', $4::"DeliveryStatus", 3, now(), now(), now() + $5::interval, now())`,
        [deliveryId, newId(), uuid, status, lease],
      )
      return deliveryId
    }
    const waiting = [await delivery('PENDING', null), await delivery('FAILED', '-1 second')]
    const kept = [await delivery('PENDING', '1 minute'), await delivery('DELIVERED', null)]
    expect(await app.ok(DELETE, { id }, { as: ACME })).toEqual({ deleteWebhook: { deletedId: id } })
    const rows = await app.sql<{
      id: string
      status: string
      last_error: string | null
      next_attempt_at: Date | null
      completed_at: Date | null
    }>('SELECT * FROM deliveries WHERE webhook_id = $1 ORDER BY id', [uuid])
    const is = (wanted: string[]) => rows.filter((each) => wanted.includes(each.id))
    for (const each of is(waiting)) {
      expect(each).toMatchObject({
        status: 'CANCELLED',
        last_error: 'the webhook was deleted',
        next_attempt_at: null,
        wake_at: null,
      })
      expect(each.completed_at).not.toBeNull()
    }
    expect(is(kept).map((each) => each.status)).toEqual(['PENDING', 'DELIVERED'])

    const left = () => app.sql('SELECT status, last_error FROM deliveries WHERE id = $1', [kept[0]])
    await cancelDeliveriesOfDeletedWebhooks(app.core)
    expect(await left()).toEqual([{ status: 'PENDING', last_error: null }])
    await app.sql('UPDATE deliveries SET lease_until = NULL WHERE id = $1', [kept[0]])
    await cancelDeliveriesOfDeletedWebhooks(app.core)
    expect(await left()).toEqual([{ status: 'CANCELLED', last_error: 'the webhook was deleted' }])
  })
})

test('the list has pages, newest first, and every filter narrows it', async () => {
  const as: As = { role: 'OPERATOR', tenantId: 'tenant-lists' }
  const a = await create({ name: 'alpha 100%', eventTypes: ['order.*'] }, as)
  const b = await create({ name: 'beta', kind: 'SLACK', eventTypes: [] }, as)
  const c = await create({ name: 'gamma', url: 'https://93.184.215.8/ALPHA', eventTypes: ['lead.created'] }, as)
  await app.ok(verb('pauseWebhook'), { id: b.id }, { as })
  const ids = async (filter: object, who: As = as) =>
    (await app.ok<{ webhooks: { nodes: W[] } }>(LIST, { filter }, { as: who })).webhooks.nodes.map((each) => each.id)
  expect(await ids({})).toEqual([c.id, b.id, a.id])
  expect(await ids({ states: ['PAUSED'] })).toEqual([b.id])
  expect(await ids({ kinds: ['STANDARD'], states: [] })).toEqual([c.id, a.id])
  expect(await ids({ eventType: 'order.created' })).toEqual([b.id, a.id])
  expect(await ids({ search: 'alpha' })).toEqual([c.id, a.id])
  expect(await ids({ search: '100%' })).toEqual([a.id])
  expect(await ids({ search: '_' })).toEqual([])
  expect(await ids({ tenantId: 'tenant-lists' }, { role: 'VIEWER' })).toEqual([c.id, b.id, a.id])

  type Page = { webhooks: { totalCount: number; nodes: W[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }
  const first = (await app.ok<Page>(LIST, { first: 2 }, { as })).webhooks
  expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } })
  const rest = (await app.ok<Page>(LIST, { first: 2, after: first.pageInfo.endCursor }, { as })).webhooks
  expect(rest.nodes.map((each) => each.id)).toEqual([a.id])
  for (const size of [0, 201]) {
    expect(await app.fails(LIST, { first: size }, { as })).toMatchObject({ code: 'BAD_USER_INPUT', path: ['first'] })
  }
})
