/**
 * Tests an upgrade of an installation with Compose from a database of the first version. Runs in the image of the API, which
 * contains the migrations:
 *
 *   docker compose up -d --wait postgres
 *   run() { docker compose run --rm --no-deps -v "$PWD/ops/docker/first-version.mjs:/app/first-version.mjs:ro" migrate node first-version.mjs "$1"; }
 *   run create
 *   docker compose up -d --wait
 *   run check
 */
import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

const MIGRATIONS = '/app/prisma/migrations'
/** Number of migrations in the first version: one creates the tables, the other the functions. */
const FIRST_VERSION = 2
const DEAD_LETTERS = 1_000
const TENANT = 'first-version'
const TYPE = 'first.version'
const PAYLOAD = '{"big":12345678901234567890,"a":"\\u00e9"}'
const { DATABASE_URL = '', AETHERLINK_ADMIN_KEY = '' } = process.env

const [, , verb] = process.argv
if (verb === 'create') await create()
else if (verb === 'check') await check()
else throw new Error('expected create or check')

/** Migrates an empty database to the first version, and inserts dead letters of one webhook. */
async function create() {
  // @ts-expect-error: exists only in the image
  const { migrate } = await import('/app/api/dist/migrate.js')
  const directory = await mkdtemp(join(tmpdir(), 'first-version-'))
  const names = (await readdir(MIGRATIONS)).filter((name) => /^\d/.test(name)).sort()
  for (const name of ['migration_lock.toml', ...names.slice(0, FIRST_VERSION)])
    await cp(join(MIGRATIONS, name), join(directory, name), { recursive: true })
  console.log('applied', await migrate(DATABASE_URL, directory))
  const client = new pg.Client({ connectionString: DATABASE_URL })
  await client.connect()
  await client.query('INSERT INTO tenants (id, name, updated_at) VALUES ($1, $1, now())', [TENANT])
  const webhook = uuidv7()
  await client.query(
    `INSERT INTO webhooks (id, name, url, tenant_id, event_types, retry_schedule, secret_sealed, updated_at)
     VALUES ($1, $2, 'http://192.0.2.1/', $2, '{none}', '{}', $3, now())`,
    [webhook, TENANT, randomBytes(64).toString('base64')],
  )
  const events = Array.from({ length: DEAD_LETTERS }, uuidv7)
  await client.query(
    `INSERT INTO events (id, seq, tenant_id, type, source, severity, payload, occurred_at, received_at, published_by_kind, published_by_id)
     SELECT id, nextval('events_seq'), $2, $3, 'first-version', 'ERROR', $4::json, now(), now(), 'SYSTEM', 'first-version'
     FROM unnest($1::uuid[]) AS id`,
    [events, TENANT, TYPE, PAYLOAD],
  )
  await client.query(
    `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, attempt_count, max_attempts,
       created_at, completed_at, last_status_code, last_error_kind)
     SELECT id, event_id, $3, $4, $5, 'http://192.0.2.1/', 'DEAD_LETTER', 1, 1, now(), now(), 503, 'HTTP_5XX'
     FROM unnest($1::uuid[], $2::uuid[]) AS rows (id, event_id)`,
    [Array.from({ length: DEAD_LETTERS }, uuidv7), events, webhook, TENANT, TYPE],
  )
  await client.end()
  console.log(`created ${DEAD_LETTERS} dead letters`)
}

/** Reads through the API what `create` has inserted. */
async function check() {
  const query = `query ($tenant: String, $after: String) {
    deliveries(first: 100, after: $after, filter: { tenantId: $tenant, statuses: [DEAD_LETTER] }) {
      nodes { lastErrorKind event { payload } webhook { name } } pageInfo { hasNextPage endCursor }
    }
  }`
  let found = 0
  let after = null
  do {
    const response = await fetch('http://api:8010/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${AETHERLINK_ADMIN_KEY}` },
      body: JSON.stringify({ query, variables: { tenant: TENANT, after } }),
    })
    const text = await response.text()
    const { data, errors } = JSON.parse(text)
    if (errors) throw new Error(text)
    const { nodes, pageInfo } = data.deliveries
    found += nodes.filter(
      (/** @type {any} */ { webhook, lastErrorKind }) => webhook.name === TENANT && lastErrorKind === 'HTTP_5XX',
    ).length
    if (!text.includes(`"payload":${PAYLOAD}`)) throw new Error(`a payload has changed: ${text.slice(0, 500)}`)
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  } while (after !== null)
  if (found !== DEAD_LETTERS) throw new Error(`found ${found} dead letters of ${DEAD_LETTERS}`)
  console.log(`the upgrade has kept ${found} dead letters`)
}

/** A UUIDv7 of the present time, whose day has a partition. */
function uuidv7() {
  const time = Date.now().toString(16).padStart(12, '0')
  const random = randomBytes(10).toString('hex')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`
}
