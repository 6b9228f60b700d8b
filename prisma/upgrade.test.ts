import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId, publicId } from '../api/src/kit/ids.ts'
import { webhookSeals } from '../api/src/webhooks/secrets/secrets.ts'
import { generateSecret } from '../api/src/webhooks/send/sign.ts'
import { startTestApp, type TestApp, until } from '../api/test/harness.ts'
import { type Receiver, startReceiver } from '../api/test/servers/receivers.ts'
import { migrate } from './migrate.ts'

const MIGRATIONS = join(import.meta.dirname, 'migrations')
/** Number of migrations in the first version: one creates the tables, the other the functions. */
const FIRST_VERSION = 2
const PAYLOAD = '{"big":12345678901234567890,"z":1,"a":"\\u00e9"}'
const SECRET_KEY = randomBytes(32).toString('base64')

/** Ids of the rows that were inserted between `migration` and the next migration. */
interface Era {
  migration: string
  webhook: string
  event: string
  delivered: string
  pending: string
  rule: string | null
  lead: string | null
  service: string | null
}

const url = Object.assign(new URL(process.env.DATABASE_URL ?? ''), {
  pathname: `/upgrade_test_${randomBytes(6).toString('hex')}`,
}).href
const eras: Era[] = []
let receiver: Receiver
let app: TestApp

/** Applies each migration and then inserts rows, so that every later migration runs on rows of all earlier eras. */
beforeAll(async () => {
  receiver = await startReceiver()
  const directory = await mkdtemp(join(tmpdir(), 'upgrade-test-'))
  await cp(join(MIGRATIONS, 'migration_lock.toml'), join(directory, 'migration_lock.toml'))
  const names = (await readdir(MIGRATIONS)).filter((name) => /^\d/.test(name)).sort()
  for (const [i, name] of names.entries()) {
    await cp(join(MIGRATIONS, name), join(directory, name), { recursive: true })
    if (i + 1 < FIRST_VERSION) continue
    expect(await migrate(url, directory)).toContain(name)
    if (i + 1 < names.length) eras.push(await withClient((client) => insertEra(client, name)))
  }
  await rm(directory, { recursive: true })
  app = await startTestApp({ worker: true, env: { DATABASE_URL: url, SECRET_KEY } })
}, 120_000)

afterAll(async () => {
  await app?.stop()
  await receiver?.close()
  const server = new pg.Client({ connectionString: Object.assign(new URL(url), { pathname: '/postgres' }).href })
  await server.connect()
  await server.query(`DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`)
  await server.end()
})

test('what was stored before an upgrade is read through the API after it', async () => {
  for (const era of eras) {
    const read = await app.ok<Record<string, Record<string, unknown>>>(
      `query ($webhook: ID!, $event: ID!, $delivered: ID!) {
        webhook: node(id: $webhook) { ... on Webhook { name eventTypes state } }
        event: node(id: $event) { ... on Event { type source subject severity } }
        delivery: node(id: $delivered) { ... on Delivery { status attempts { statusCode responseBody } webhook { id } event { id } } }
      }`,
      {
        webhook: publicId('whk', era.webhook),
        event: publicId('evt', era.event),
        delivered: publicId('dlv', era.delivered),
      },
    )
    expect(read, era.migration).toMatchObject({
      webhook: { name: era.migration, eventTypes: [`upgrade.${era.migration}`], state: 'ENABLED' },
      event: { type: `upgrade.${era.migration}`, source: 'upgrade-test', subject: era.migration, severity: 'WARNING' },
      delivery: {
        status: 'DELIVERED',
        attempts: [{ statusCode: 200, responseBody: era.migration }],
        webhook: { id: publicId('whk', era.webhook) },
        event: { id: publicId('evt', era.event) },
      },
    })
    const [stored] = await app.sql<{ payload: string }>('SELECT payload::text FROM events WHERE id = $1', [era.event])
    expect(stored?.payload).toBe(PAYLOAD)
  }
})

test('rules, leads and services of earlier versions are read through the API', async () => {
  const { alertRules, leads, services } = await app.ok<Record<string, { nodes: { name: string }[] }>>(`{
    alertRules(first: 200) { nodes { name } }
    leads(first: 200) { nodes { name } }
    services(first: 200) { nodes { name } }
  }`)
  const names = (connection: { nodes: { name: string }[] } | undefined) => connection?.nodes.map(({ name }) => name)
  const erasWith = (key: 'rule' | 'lead' | 'service') =>
    eras.filter((era) => era[key] !== null).map((era) => era.migration)
  expect(erasWith('rule').length * erasWith('lead').length * erasWith('service').length).toBeGreaterThan(0)
  expect(names(alertRules)).toEqual(expect.arrayContaining(erasWith('rule')))
  expect(names(leads)).toEqual(expect.arrayContaining(erasWith('lead')))
  expect(names(services)).toEqual(expect.arrayContaining(erasWith('service')))
})

test('deliveries that were pending before the upgrade are delivered once after it, and new events too', async () => {
  const requestsOf = (event: string) =>
    receiver.requests.filter(({ headers }) => headers['webhook-id'] === publicId('evt', event))
  for (const era of eras) await until(`${era.migration} is delivered`, () => requestsOf(era.event).length > 0, 30_000)
  const ids: string[] = []
  for (const era of eras) {
    const { publishEvent } = await app.ok<{ publishEvent: { event: { id: string } } }>(
      'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }',
      { input: { type: `upgrade.${era.migration}`, source: 'after', tenantId: 'tenant-1' } },
    )
    ids.push(publishEvent.event.id)
  }
  for (const id of ids)
    await until(`${id} is delivered`, () => receiver.requests.some(({ headers }) => headers['webhook-id'] === id))
  for (const era of eras) expect(requestsOf(era.event), era.migration).toHaveLength(1)
  await until('the outcomes are recorded', async () => {
    const [row] = await app.sql<{ count: number }>(
      "SELECT count(*)::int AS count FROM deliveries WHERE id = ANY($1::uuid[]) AND status <> 'DELIVERED'",
      [eras.map(({ pending }) => pending)],
    )
    return row?.count === 0
  })
}, 60_000)

async function insertEra(client: pg.Client, migration: string): Promise<Era> {
  const now = new Date()
  const type = `upgrade.${migration}`
  const era: Era = {
    migration,
    webhook: newId(),
    event: newId(),
    delivered: newId(),
    pending: newId(),
    rule: null,
    lead: null,
    service: null,
  }
  await insert(client, 'tenants', { id: 'tenant-1', name: 'tenant-1', updated_at: now }, 'ON CONFLICT DO NOTHING')
  await insert(client, 'webhooks', {
    id: era.webhook,
    name: migration,
    url: receiver.url,
    tenant_id: 'tenant-1',
    event_types: [type],
    retry_schedule: [1_000],
    secret_sealed: webhookSeals({ env: { SECRET_KEY } }).sealSecret(era.webhook, generateSecret()),
    updated_at: now,
  })
  await insert(client, 'events', {
    id: era.event,
    seq: (await client.query("SELECT nextval('events_seq') AS seq")).rows[0].seq,
    tenant_id: 'tenant-1',
    type,
    source: 'upgrade-test',
    severity: 'WARNING',
    subject: migration,
    payload: PAYLOAD,
    occurred_at: now,
    received_at: now,
    published_by_kind: 'SYSTEM',
    published_by_id: 'upgrade-test',
  })
  const delivery = {
    event_id: era.event,
    webhook_id: era.webhook,
    tenant_id: 'tenant-1',
    event_type: type,
    subject: migration,
    target_url: receiver.url,
    max_attempts: 2,
    created_at: now,
  }
  await insert(client, 'deliveries', {
    ...delivery,
    id: era.delivered,
    status: 'DELIVERED',
    attempt_count: 1,
    completed_at: now,
    last_status_code: 200,
  })
  await insert(client, 'deliveries', { ...delivery, id: era.pending, next_attempt_at: now, wake_at: now })
  await insert(client, 'delivery_attempts', {
    id: newId(),
    delivery_id: era.delivered,
    webhook_id: era.webhook,
    number: 1,
    started_at: now,
    duration_ms: 5,
    status_code: 200,
    request_headers: '{}',
    response_headers: '{}',
    response_body: migration,
  })
  const tables = await tablesOf(client)
  if (tables.has('alert_rules')) {
    era.rule = newId()
    await insert(client, 'alert_rules', {
      id: era.rule,
      name: migration,
      tenant_id: 'tenant-1',
      event_type: `never.${migration}`,
      window_seconds: 60,
      threshold: 5,
      group_by: [],
      repeat_interval_seconds: 600,
      webhook_ids: [],
      updated_at: now,
    })
  }
  if (tables.has('leads')) {
    era.lead = newId()
    await insert(client, 'leads', { id: era.lead, tenant_id: 'tenant-1', name: migration, updated_at: now })
  }
  if (tables.has('services')) {
    era.service = newId()
    await insert(client, 'services', {
      id: era.service,
      name: migration,
      url: 'http://127.0.0.1:1',
      health_url: '',
      roles_required: [],
      tags: [],
      depends_on: [],
      status_since: now,
      last_seen: now,
      next_check_at: new Date(now.getTime() + 86_400_000),
      updated_at: now,
    })
  }
  return era
}

/** Inserts a row. Omits the values of columns that the table does not have yet. */
async function insert(client: pg.Client, table: string, row: Record<string, unknown>, suffix = ''): Promise<void> {
  const { rows } = await client.query<{ column_name: string }>(
    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1",
    [table],
  )
  const columns = rows.map(({ column_name }) => column_name).filter((column) => column in row)
  await client.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')}) ${suffix}`,
    columns.map((column) => row[column]),
  )
}

async function tablesOf(client: pg.Client): Promise<Set<string>> {
  const { rows } = await client.query<{ tablename: string }>(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
  )
  return new Set(rows.map(({ tablename }) => tablename))
}

async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
