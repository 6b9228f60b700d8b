import { randomBytes } from 'node:crypto'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp, type TestAppOptions, until } from '../../../test/harness.ts'
import { type Receiver, startReceiver } from '../../../test/servers/receivers.ts'
import { tryUuid } from '../../kit/ids.ts'
import { createUpkeep } from '../../upkeep.ts'
import { createResealing } from './reseal.ts'
import { webhookSeals } from './secrets.ts'

const CREATE = `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { id } } }`
const ROTATE = `mutation ($id: ID!, $grace: Int) { rotateWebhookSecret(id: $id, graceSeconds: $grace) { secret } }`
const UPDATE = `mutation ($id: ID!, $input: UpdateWebhookInput!) { updateWebhook(id: $id, input: $input) { webhook { id } } }`
const DELETE = `mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId } }`
const PUBLISH = `mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }`
const HEADERS = { authorization: 'Bearer hidden', 'x-team': 'shop' }

interface Row {
  id: string
  secret_sealed: string
  previous_secrets: { sealed: string }[]
  headers_sealed: string | null
  [column: string]: unknown
}

const newKey = () => randomBytes(32).toString('base64')
const SECRET_KEY = newKey()

/** The installation under its former key, and processes beside it under other ones. */
let former: TestApp
let others: TestApp[]
let receiver: Receiver
beforeEach(async () => {
  others = []
  former = await startTestApp()
  receiver = await startReceiver()
})
afterEach(async () => {
  for (const other of others.reverse()) await other.stop()
  await former?.stop()
  await receiver.close()
})

async function beside(options: TestAppOptions): Promise<TestApp> {
  const started = await startTestApp({ beside: former, ...options })
  others.push(started)
  return started
}
const replaced = (options: TestAppOptions = {}) =>
  beside({ ...options, env: { SECRET_KEY, SECRET_KEY_PREVIOUS: former.core.env.SECRET_KEY } })
const alone = (options: TestAppOptions = {}) => beside({ ...options, env: { SECRET_KEY } })

async function create(app = former, input: object = {}) {
  const made = await app.ok<{ createWebhook: { secret: string; webhook: { id: string } } }>(CREATE, {
    input: { name: 'receiver', url: receiver.url, eventTypes: [], tenantId: 'tenant-1', headers: HEADERS, ...input },
  })
  return { id: made.createWebhook.webhook.id, secret: made.createWebhook.secret }
}
const rotate = async (app: TestApp, id: string, grace = 3_600) =>
  (await app.ok<{ rotateWebhookSecret: { secret: string } }>(ROTATE, { id, grace })).rotateWebhookSecret.secret

const rows = () => former.sql<Row>('SELECT * FROM webhooks ORDER BY id')
const row = async (id: string) => (await rows()).find((each) => each.id === tryUuid('whk', id))!

/** A pass over all webhooks. */
async function reseal(app: TestApp, resealing = createResealing(app.core)): Promise<void> {
  while (await resealing());
}
const told = (app: TestApp) => app.logs.filter(({ level }) => level === 'info' || level === 'warn')
const DONE = /SECRET_KEY_PREVIOUS.* can be removed/

/** A webhook's secrets for a reader with SECRET_KEY alone. */
async function heldBy(app: TestApp, id: string) {
  const seals = webhookSeals(app.core)
  const { id: uuid, secret_sealed, previous_secrets, headers_sealed } = await row(id)
  return {
    secret: seals.openSecret(uuid, secret_sealed),
    previous: previous_secrets[0] ? seals.openSecret(uuid, previous_secrets[0].sealed) : null,
    headers: seals.openHeaders(uuid, headers_sealed),
  }
}

/** Publishes an event and returns the request of its delivery, after checking that each of the secrets signed it. */
async function delivered(app: TestApp, ...secrets: string[]) {
  const before = receiver.requests.length
  await app.ok(PUBLISH, { input: { type: 'order.created', source: 'shop', tenantId: 'tenant-1', payload: {} } })
  const request = await until('the delivery', () => receiver.requests[before])
  for (const secret of secrets) new Verifier(secret).verify(request.body, request.headers as Record<string, string>)
  expect(request.headers).toMatchObject(HEADERS)
  return request
}

test('with the former key deliveries are signed at once, and without it after resealing', async () => {
  const { id, secret: previous } = await create()
  const secret = await rotate(former, id)
  const before = await row(id)
  const [epoch] = await former.sql('SELECT epoch FROM fanout_epoch')

  const worker = await replaced({ worker: true })
  await delivered(worker, secret, previous)
  await createUpkeep(worker.core).once()
  expect(told(worker)).toMatchObject([{ level: 'info', resealed: 1, msg: expect.stringMatching(DONE) }])
  const after = await row(id)
  for (const column of ['secret_sealed', 'previous_secrets', 'headers_sealed'])
    expect(after[column]).not.toEqual(before[column])
  // Nothing else: the settings are unchanged, and no cache has to be filled again.
  const { secret_sealed, previous_secrets, headers_sealed } = after
  expect(after).toEqual({ ...before, secret_sealed, previous_secrets, headers_sealed })
  expect(await former.sql('SELECT epoch FROM fanout_epoch')).toEqual([epoch])
  await delivered(worker, secret, previous)
  await others.pop()!.stop()

  const later = await alone({ worker: true })
  expect(await heldBy(later, id)).toEqual({ secret, previous, headers: HEADERS })
  await delivered(later, secret, previous)
})

test('all webhooks are resealed, including deleted ones, and a second pass changes nothing', async () => {
  const made = await Promise.all(Array.from({ length: 120 }, (_, i) => create(former, i % 2 ? { headers: null } : {})))
  await former.ok(DELETE, { id: made[7]!.id })
  const app = await replaced()
  await create(app)
  const resealing = createResealing(app.core)
  await reseal(app, resealing)
  expect(told(app)).toMatchObject([{ level: 'info', resealed: 120 }])
  const resealed = await rows()
  const after = await alone()
  for (const [i, { id, secret }] of made.entries())
    expect(await heldBy(after, id)).toEqual({ secret, previous: null, headers: i % 2 ? {} : HEADERS })

  await reseal(app, resealing)
  expect(await rows()).toEqual(resealed)
  expect(told(app)).toHaveLength(1)
  // A process that was not restarted yet created this one.
  const { id, secret } = await create()
  await reseal(app, resealing)
  expect(await heldBy(after, id)).toMatchObject({ secret })
  expect(told(app)).toMatchObject([{ resealed: 120 }, { resealed: 1, msg: expect.stringMatching(DONE) }])
})

test('texts that no key can decrypt are not changed and are logged once, whether or not a key was replaced; the others are resealed', async () => {
  const stranger = await beside({ env: { SECRET_KEY: newKey() } })
  const lost = await create(stranger)
  const gone = await create(stranger)
  await former.ok(DELETE, { id: gone.id })
  const half = await create()
  await former.sql('UPDATE webhooks SET headers_sealed = $2 WHERE id = $1', [tryUuid('whk', half.id), 'v1.altered'])
  const before = await row(lost.id)

  const app = await replaced()
  const resealing = createResealing(app.core)
  await reseal(app, resealing)
  await reseal(app, resealing)
  expect(told(app)).toMatchObject([
    { level: 'warn', count: 2, webhooks: [lost.id, half.id], msg: expect.stringContaining('cannot be decrypted') },
    { level: 'info', resealed: 1, msg: expect.stringMatching(DONE) },
  ])
  expect(await row(lost.id)).toEqual(before)
  const after = await alone()
  const { id, secret_sealed, headers_sealed } = await row(half.id)
  expect(webhookSeals(after.core).openSecret(id, secret_sealed)).toBe(half.secret)
  expect(headers_sealed).toBe('v1.altered')

  await createUpkeep(after.core).once()
  expect(told(after)).toMatchObject([{ level: 'warn', count: 2, webhooks: [lost.id, half.id] }])
  // The solution that docs/install.md describes.
  const given = await rotate(after, lost.id, 0)
  await after.ok(UPDATE, { id: lost.id, input: { headers: null } })
  await after.ok(UPDATE, { id: lost.id, input: { headers: HEADERS } })
  expect(await heldBy(after, lost.id)).toEqual({ secret: given, previous: null, headers: HEADERS })
  await reseal(app, resealing)
  expect(told(app)[2]).toMatchObject({ level: 'warn', count: 1, webhooks: [half.id] })
})

test('several workers at once reseal each webhook once', async () => {
  const made = await Promise.all(Array.from({ length: 60 }, () => create()))
  const workers = [await replaced(), await replaced(), await replaced()]
  await Promise.all(workers.map((worker) => reseal(worker)))
  const after = await alone()
  for (const { id, secret } of made) expect(await heldBy(after, id)).toMatchObject({ secret, headers: HEADERS })
  const lines = workers.map(told)
  for (const each of lines) expect(each).toMatchObject([{ level: 'info', msg: expect.stringMatching(DONE) }])
  expect(lines.flat().reduce((sum, { resealed }) => sum + Number(resealed), 0)).toBe(60)
})

describe('a webhook that is changed while it is resealed', () => {
  /** Locks the row until `first` and then `second` wait for it, and lets them continue in that order. */
  async function inOrder<A, B>(id: string, first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
    const waiting = (n: number) =>
      until(`${n} that wait`, async () => {
        const [found] = await former.sql<{ n: number }>(
          `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
        return found?.n === n
      })
    return former.core.db
      .transaction(async (client) => {
        await client.query('SELECT FROM webhooks WHERE id = $1 FOR NO KEY UPDATE', [tryUuid('whk', id)])
        const started = first()
        await waiting(1)
        const also = second()
        await waiting(2)
        return { started, also }
      })
      .then(({ started, also }) => Promise.all([started, also]))
  }

  test.each(['before', 'after'])('a rotation %s it: both secrets stay, and neither is refused', async (order) => {
    const { id, secret: previous } = await create()
    const app = await replaced()
    const turns: [() => Promise<string | undefined>, () => Promise<string | undefined>] = [
      () => rotate(app, id),
      () => reseal(app).then(() => undefined),
    ]
    if (order === 'after') turns.reverse()
    const secret = (await inOrder(id, ...turns)).find(Boolean)
    expect(await heldBy(await alone(), id)).toEqual({ secret, previous, headers: HEADERS })
  })

  test.each(['before', 'after'])('new headers %s it: what was redacted is kept', async (order) => {
    const { id, secret } = await create()
    const app = await replaced()
    const headers = { authorization: '[redacted]', 'x-team': 'billing' }
    const turns: [() => Promise<unknown>, () => Promise<unknown>] = [
      () => app.ok(UPDATE, { id, input: { headers } }),
      () => reseal(app),
    ]
    if (order === 'after') turns.reverse()
    await inOrder(id, ...turns)
    const kept = { ...headers, authorization: HEADERS.authorization }
    expect(await heldBy(await alone(), id)).toEqual({ secret, previous: null, headers: kept })
  })

  test('many concurrent rotations, by old and new processes, lose nothing', async () => {
    const made = await Promise.all(Array.from({ length: 40 }, () => create()))
    const app = await replaced()
    const resealing = createResealing(app.core)
    const rotations = Promise.all(
      made.map(async ({ id, secret }, i) => ({ id, previous: secret, secret: await rotate(i % 2 ? app : former, id) })),
    )
    let over = false
    void rotations.finally(() => {
      over = true
    })
    while (!over) await reseal(app, resealing)
    const rotated = await rotations
    await reseal(app, resealing)
    const after = await alone()
    for (const { id, ...secrets } of rotated) expect(await heldBy(after, id)).toEqual({ ...secrets, headers: HEADERS })
  })
})
