import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { parseDemoSettings } from '../api/src/demo/settings.ts'
import { type Env, parseEnv, SettingsError } from '../api/src/env.ts'
import { BUILTIN_TYPES, ensureBuiltinTypes } from '../api/src/events/catalogue/builtin-types.ts'
import { publicId } from '../api/src/kit/ids.ts'
import { webhookSeals } from '../api/src/webhooks/secrets/secrets.ts'
import { generateSecret } from '../api/src/webhooks/send/sign.ts'
import { alertRuleRows } from './seed/alert-rules.ts'
import { createChronicle, type DemoEvent } from './seed/events.ts'
import { DEMO_DAYS, tellStories } from './seed/generate-events.ts'
import { leadRows } from './seed/leads.ts'
import { createChance } from './seed/random.ts'
import { attemptRows, deliveryRow, eventRow, keyRows, type PlacedWebhook, type Row, webhookRow } from './seed/rows.ts'
import { type Past, receives, simulate } from './seed/simulate.ts'
import { TENANTS, WEBHOOKS } from './seed/webhooks.ts'

const DAY = 86_400_000
const SEED = 20_231
/** Deliveries of events that are newer than this have not been attempted yet. They are sent when the worker starts. */
const UNTRIED_MS = 5_000
/** The tenant whose existence shows that the demo is installed. */
const MARK = 'tenant-demo'

/** An event type whose system events are visible to every tenant. */
const MAINTENANCE = {
  name: 'platform.maintenance.scheduled',
  description: 'Maintenance of the platform is planned: its start, its duration and its effects.',
  default_severity: 'WARNING',
  tenant_visible: true,
  example: { from: '2026-03-02T02:00:00Z', minutes: 20, message: 'The database is moved. Deliveries wait meanwhile.' },
}

export interface Seeded {
  webhooks: number
  events: number
  deliveries: number
  attempts: number
}

export interface SeedOptions {
  env: Pick<Env, 'DATABASE_URL' | 'SECRET_KEY'>
  /** Port of the demo receiver, the target of the webhooks. */
  receiverPort: number
  /** Signing secret of all webhooks; null if each webhook gets its own. */
  secret: string | null
  now?: number
}

/**
 * Fills a migrated database with the demo: tenants, webhooks, the events and deliveries of the last three days, alert
 * rules and leads. All rows are inserted in one transaction. Returns null if the demo already exists. Random choices
 * are the same in every run. Times are relative to now.
 */
export async function seed({ env, receiverPort, secret, now = Date.now() }: SeedOptions): Promise<Seeded | null> {
  const client = new pg.Client({ connectionString: env.DATABASE_URL })
  await client.connect()
  try {
    const db = {
      query: async <Result extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
        (await client.query<Result>(text, values)).rows,
    }
    await ensureBuiltinTypes(db)
    const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
    // Outside the transaction, because creating partitions locks tables that running processes use.
    await client.query('SELECT ensure_partitions($1::date, $2::date)', [day(now - (DEMO_DAYS + 1) * DAY), day(now)])
    await client.query('BEGIN')
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('aetherlink.seed'))`)
    const there = await client.query('SELECT FROM tenants WHERE id = $1', [MARK])
    if (there.rowCount) return null
    const written = await write(client, env, { receiverPort, secret, now })
    await client.query('COMMIT')
    return written
  } finally {
    // Also ends an unfinished transaction, so nothing of it remains.
    await client.end()
  }
}

async function write(
  client: pg.Client,
  env: Pick<Env, 'SECRET_KEY'>,
  { receiverPort, secret, now }: { receiverPort: number; secret: string | null; now: number },
): Promise<Seeded> {
  const chance = createChance(SEED)
  const webhooks = WEBHOOKS.map((demo): PlacedWebhook => {
    const createdAt = now - demo.createdDaysAgo * DAY
    const url = new URL(demo.path, `http://127.0.0.1:${receiverPort}`).href
    return { id: chance.id(createdAt), url, secret: secret ?? generateSecret(), createdAt, demo }
  })
  const { events, pasts } = live(webhooks, tellStories(chance, now), now)
  const keys = keyRows(events, chance, now)
  const seals = webhookSeals({ env })

  const at = new Date(now).toISOString()
  await insert(
    client,
    'tenants',
    TENANTS.map(({ id, name }) => ({ id, name, updated_at: at })),
  )
  await insert(
    client,
    'retention_policies',
    TENANTS.flatMap(({ id, retentionDays }) => (retentionDays === null ? [] : [policyRow(id, retentionDays, at)])),
  )
  await insert(client, 'event_types', [{ ...MAINTENANCE, updated_at: at }])
  await insert(client, 'api_keys', [...keys.values()])
  await insert(
    client,
    'webhooks',
    webhooks.map((webhook) => webhookRow(webhook, pasts.get(webhook)!, seals, now)),
  )
  await insert(client, 'seen_event_types', seenTypes(events))
  // The same lock as in append_events(), so that events are numbered in commit order.
  await client.query(`SELECT pg_advisory_xact_lock(hashtext('aetherlink.feed'))`)
  const { rows } = await client.query<{ first: string }>(
    `SELECT first FROM (SELECT nextval('events_seq') AS first) AS n, LATERAL (SELECT setval('events_seq', first + $1)) AS last`,
    [events.length - 1],
  )
  const first = BigInt(rows[0]!.first)
  await insert(
    client,
    'events',
    events.map((event, i) => eventRow(event, first + BigInt(i), keys)),
  )
  let deliveries = 0
  let attempts = 0
  for (const [webhook, past] of pasts) {
    const made = attemptRows(webhook, past.deliveries)
    await insert(
      client,
      'deliveries',
      past.deliveries.map((delivery) => deliveryRow(webhook, delivery)),
    )
    await insert(client, 'delivery_attempts', made)
    deliveries += past.deliveries.length
    attempts += made.length
  }
  // A separate random sequence, so that changes in this part do not change the history above.
  const later = createChance(SEED + 2)
  const { leads, activities } = leadRows(later, now)
  await insert(client, 'leads', leads)
  await insert(client, 'activities', activities)
  await insert(client, 'alert_rules', alertRuleRows(later, now))
  // The worker adds only new rows to the totals. These rows have past times, so the totals are recomputed.
  await client.query('SELECT recount_totals()')
  return { webhooks: webhooks.length, events: events.length, deliveries, attempts }
}

const policyRow = (tenantId: string, days: number, at: string): Row => ({
  subject: 'EVENTS',
  tenant_id: tenantId,
  retention_days: days,
  created_at: at,
  updated_at: at,
  set_by_kind: 'SYSTEM',
  set_by_id: 'seed',
})

/**
 * Simulates the deliveries of every webhook. If a webhook becomes disabled, that is itself an event for the other
 * webhooks.
 */
function live(webhooks: readonly PlacedWebhook[], told: readonly DemoEvent[], now: number) {
  const visible = new Set([MAINTENANCE.name])
  const pasts = new Map<PlacedWebhook, Past>()
  const chance = createChance(SEED + 1)
  const chronicle = createChronicle(chance, now)
  const pass = (webhook: PlacedWebhook, events: readonly DemoEvent[]) => {
    const received = events.filter((event) => receives(webhook.demo, event, visible))
    const past = simulate(webhook.demo, webhook.url, received, chance, { now, until: now - UNTRIED_MS })
    pasts.set(webhook, past)
    return past
  }
  for (const webhook of webhooks) {
    const { disabled } = webhook.demo.state === 'DISABLED' ? pass(webhook, told) : { disabled: null }
    if (!disabled) continue
    const webhookId = publicId('whk', webhook.id)
    const payload = { webhookId, name: webhook.demo.name, reason: disabled.reason }
    const about = { source: 'aetherlink', subject: webhookId, tenantId: webhook.demo.tenantId }
    chronicle.tell(disabled.at, { type: 'webhook.disabled', payload, ...about })
  }
  const events = [...told, ...chronicle.events()].sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const webhook of webhooks) if (!pasts.has(webhook)) pass(webhook, events)
  return { events, pasts }
}

function seenTypes(events: readonly DemoEvent[]): Row[] {
  const declared = new Set([MAINTENANCE.name, ...BUILTIN_TYPES.map(({ name }) => name)])
  const seen = new Map<string, Row>()
  for (const { tenantId, type, at } of events) {
    const key = `${tenantId} ${type}`
    if (declared.has(type) || seen.has(key)) continue
    seen.set(key, { tenant_id: tenantId ?? '', name: type, first_seen_at: new Date(at).toISOString() })
  }
  return [...seen.values()]
}

/** Tables whose rows earlier publishers may already have created. */
const SHARED = new Set(['tenants', 'event_types', 'seen_event_types'])

/**
 * Inserts rows with one statement, in which PostgreSQL reads typed columns from JSON. All rows must have the same
 * columns.
 */
async function insert(client: pg.Client, table: string, rows: readonly Row[]): Promise<void> {
  const [sample] = rows
  if (!sample) return
  const columns = Object.keys(sample)
    .map((name) => client.escapeIdentifier(name))
    .join(', ')
  await client.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1) ${SHARED.has(table) ? 'ON CONFLICT DO NOTHING' : ''}`,
    [JSON.stringify(rows)],
  )
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    // The seed does not use Redis, but the setting is required.
    const env = parseEnv({ ...process.env, REDIS_URL: process.env.REDIS_URL || 'redis://127.0.0.1:6379' })
    const { port, secret } = parseDemoSettings()
    const seeded = await seed({ env, receiverPort: port, secret })
    console.log(
      seeded
        ? `demo data: ${seeded.webhooks} webhooks, ${seeded.events} events, ${seeded.deliveries} deliveries, ${seeded.attempts} attempts`
        : `the demo data exists already (tenant ${MARK}); nothing was changed`,
    )
  } catch (error) {
    console.error(error instanceof SettingsError ? error.message : error)
    process.exit(1)
  }
}
