import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Received } from '../api/src/demo/received.ts'
import { createReceiver } from '../api/src/demo/receiver-server.ts'
import { BUILTIN_TYPES } from '../api/src/events/catalogue/builtin-types.ts'
import { compileSchema } from '../api/src/events/schema/compile.ts'
import { generateSecret } from '../api/src/webhooks/send/sign.ts'
import { startTestApp, type TestApp, until } from '../api/test/harness.ts'
import { seed } from './seed.ts'

const secret = generateSecret()
const receiver = createReceiver({ secrets: [secret] })
let receiverPort = 0
let app: TestApp
let worked: TestApp

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  receiverPort = (receiver.address() as AddressInfo).port
  app = await startTestApp()
  worked = await startTestApp({ worker: true })
  await seed({ env: app.core.env, receiverPort, secret })
})
afterAll(async () => {
  await app.stop()
  await worked.stop()
  receiver.closeAllConnections()
  await new Promise((resolve) => receiver.close(resolve))
})

const count = async (where: string) => {
  const [row] = await app.sql<{ n: number }>(`SELECT count(*)::int AS n FROM ${where}`)
  return row?.n ?? 0
}

test('there is something of everything to see', async () => {
  const statuses = await app.sql<{ status: string; n: number }>(
    'SELECT status, count(*)::int AS n FROM deliveries GROUP BY 1',
  )
  expect(statuses.map(({ status }) => status).sort()).toEqual([
    'CANCELLED',
    'DEAD_LETTER',
    'DELIVERED',
    'FAILED',
    'PENDING',
  ])
  const kinds = await app.sql<{ kind: string }>(
    `SELECT DISTINCT last_error_kind AS kind FROM deliveries WHERE status = 'DEAD_LETTER'`,
  )
  expect(kinds.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['CONNECT', 'TIMEOUT', 'HTTP_4XX', 'HTTP_5XX', 'TLS', 'DNS', 'REDIRECT']),
  )

  const { tenants } = (await app.ok<{ viewer: { tenants: { id: string }[] } }>('{ viewer { tenants { id } } }')).viewer
  expect(tenants.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['default', 'tenant-1', 'tenant-2', 'tenant-acme', 'tenant-demo']),
  )
  const { deliveryStats, eventStats } = await app.ok<{
    deliveryStats: Record<'pending' | 'nearFailure' | 'delivered' | 'failed' | 'deadLetter' | 'successRate', number>
    eventStats: { total: number; bySeverity: { count: number }[] }
  }>(
    '{ deliveryStats { pending nearFailure delivered failed deadLetter successRate } eventStats { total bySeverity { count } } }',
  )
  for (const [name, figure] of Object.entries(deliveryStats)) expect(figure, name).toBeGreaterThan(0)
  expect(deliveryStats.successRate).toBeGreaterThan(0.9)
  expect(eventStats.total).toBeGreaterThan(2_900)
  for (const { count } of eventStats.bySeverity) expect(count).toBeGreaterThan(0)

  const { webhooks } = await app.ok<{
    webhooks: {
      nodes: {
        name: string
        state: string
        disabledReason: string | null
        circuit: string
        health: { status: string }
      }[]
    }
  }>('{ webhooks(first: 50) { nodes { name state disabledReason circuit health { status } } } }')
  const find = (name: string) => webhooks.nodes.find((webhook) => webhook.name === name)
  expect(new Set(webhooks.nodes.map(({ health }) => health.status))).toEqual(new Set(['OK', 'DEGRADED', 'DOWN']))
  expect(find('Demo: down')).toMatchObject({ state: 'ENABLED', circuit: 'OPEN' })
  expect(find('Old CRM')).toMatchObject({ state: 'DISABLED', disabledReason: expect.stringContaining('410') })

  const { deliveries } = await app.ok<{ deliveries: { nodes: { holdReason: string | null }[] } }>(
    '{ deliveries(first: 200, filter: { statuses: [PENDING] }) { nodes { holdReason } } }',
  )
  expect(deliveries.nodes.map(({ holdReason }) => holdReason)).toEqual(
    expect.arrayContaining(['WEBHOOK_PAUSED', 'CIRCUIT_OPEN', null]),
  )
})

test('an incident is in progress: one receiver is down, one flaps, and what a third lost was recovered', async () => {
  type Cause = { webhook: { name: string; circuit: string }; errorKind: string; unrecovered: number; open: number }
  const { deliveryStats, failureCauses } = await app.ok<{
    deliveryStats: Record<'held' | 'unrecovered' | 'recovered', number>
    failureCauses: Cause[]
  }>(
    `{ deliveryStats(filter: { window: LAST_1H }) { held unrecovered recovered }
       failureCauses { webhook { name circuit } errorKind unrecovered open } }`,
  )
  for (const [name, figure] of Object.entries(deliveryStats)) expect(figure, name).toBeGreaterThan(0)
  const causes = (name: string) => failureCauses.filter(({ webhook }) => webhook.name === name)
  expect(causes('Legacy ERP bridge')).toEqual([
    {
      webhook: { name: 'Legacy ERP bridge', circuit: 'OPEN' },
      errorKind: 'HTTP_5XX',
      unrecovered: expect.any(Number),
      open: expect.any(Number),
    },
  ])
  const [down] = causes('Legacy ERP bridge')
  expect(down!.unrecovered).toBeGreaterThan(7)
  expect(down!.open).toBeGreaterThan(20)
  expect(causes('Demo: down')[0]?.webhook.circuit).toBe('OPEN')
  expect(causes('Partner feed')[0]?.open).toBeGreaterThan(0)
  expect(causes('Billing bridge')).toEqual([])
  expect(
    await count(
      `deliveries d JOIN webhooks w ON w.id = d.webhook_id WHERE w.name = 'Billing bridge' AND d.status = 'DEAD_LETTER'
         AND d.recovered_by_id IS NOT NULL AND d.changed_at > now() - interval '3 hours'`,
    ),
  ).toBeGreaterThan(5)
  // Originals of delivered replays are marked as recovered, as mark_recovered() would do it.
  expect(
    await count(
      `deliveries d WHERE (recovered_by_id IS NULL) = EXISTS (SELECT FROM deliveries r WHERE r.replay_of_id = d.id AND r.status = 'DELIVERED')`,
    ),
  ).toBe(0)
})

test('its rows are what the product would have written', async () => {
  expect(
    await count(
      'deliveries d WHERE attempt_count <> (SELECT count(*) FROM delivery_attempts a WHERE a.delivery_id = d.id)',
    ),
  ).toBe(0)
  expect(await count(`deliveries WHERE (status IN ('PENDING', 'FAILED')) = (completed_at IS NOT NULL)`)).toBe(0)
  expect(await count(`deliveries WHERE (status IN ('PENDING', 'FAILED')) <> (next_attempt_at IS NOT NULL)`)).toBe(0)
  expect(await count('deliveries WHERE wake_at IS NOT NULL AND next_attempt_at IS NULL')).toBe(0)
  expect(await count('deliveries d WHERE NOT EXISTS (SELECT FROM events e WHERE e.id = d.event_id)')).toBe(0)
  expect(await count('(SELECT seq > lag(seq) OVER (ORDER BY id) AS ascends FROM events) e WHERE NOT ascends')).toBe(0)
  for (const table of ['events', 'deliveries', 'delivery_attempts'])
    expect(await count(`${table}_default`), table).toBe(0)

  const replays = await app.sql<{ original: string }>(
    'SELECT o.status AS original FROM deliveries r JOIN deliveries o ON o.id = r.replay_of_id AND o.event_id = r.event_id AND o.webhook_id = r.webhook_id',
  )
  expect(new Set(replays.map(({ original }) => original))).toEqual(new Set(['DEAD_LETTER', 'CANCELLED']))

  const checks = new Map(BUILTIN_TYPES.map(({ name, schema }) => [name, compileSchema(schema, name)]))
  for (const { type, payload } of await app.sql<{ type: string; payload: unknown }>(
    'SELECT type, payload FROM events',
  )) {
    const issues = checks.get(type)?.(payload)
    if (issues) throw new Error(`${type}: ${JSON.stringify(issues)} in ${JSON.stringify(payload)}`)
  }
  const secrets = await app.sql<{ leak: string }>(
    `SELECT request_headers::text AS leak FROM delivery_attempts WHERE request_headers::text LIKE '%demo-token%' LIMIT 1`,
  )
  expect(secrets).toEqual([])
})

test('a second run changes nothing', async () => {
  const before = await app.sql('SELECT id, version FROM webhooks ORDER BY id')
  expect(await seed({ env: app.core.env, receiverPort, secret })).toBeNull()
  expect(await app.sql('SELECT id, version FROM webhooks ORDER BY id')).toEqual(before)
})

test('what is open is delivered by a worker that starts afterwards, signed so that the demo receiver can tell', async () => {
  const begin = new Date()
  const seeded = await seed({ env: worked.core.env, receiverPort, secret })
  expect(seeded?.deliveries).toBeGreaterThan(5_000)
  const fresh = await until('the deliveries of the last seconds arrive', async () => {
    const rows = await worked.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
       WHERE w.name = 'Demo: healthy' AND d.status = 'DELIVERED' AND d.completed_at > $1 AND d.attempt_count = 1`,
      [begin],
    )
    return (rows[0]?.n ?? 0) >= 4
  })
  expect(fresh).toBe(true)
  const received = (await (await fetch(`http://127.0.0.1:${receiverPort}/requests.json`)).json()) as Received[]
  const signed = received.filter(({ path }) => path === '/healthy')
  expect(signed.length).toBeGreaterThanOrEqual(4)
  expect(signed.filter(({ signature }) => !signature.valid)).toEqual([])
})

test('a tenant has alert rules, and leads with activities', async () => {
  const { alertRules } = await app.ok<{ alertRules: { nodes: { name: string; tenantId: string | null }[] } }>(
    '{ alertRules(first: 20) { nodes { name tenantId } } }',
  )
  const names = alertRules.nodes.filter(({ tenantId }) => tenantId === 'tenant-2').map(({ name }) => name)
  expect(names.sort()).toEqual(['Jobs failing', 'Receiver degraded'])
  const { leads } = await app.ok<{ leads: { nodes: { status: string; activities: { nodes: unknown[] } }[] } }>(
    '{ leads(first: 10) { nodes { status activities { nodes { body } } } } }',
  )
  expect(new Set(leads.nodes.map(({ status }) => status)).size).toBeGreaterThan(3)
  expect(leads.nodes.some(({ activities }) => activities.nodes.length > 1)).toBe(true)
})
