import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { uuidOf } from '../../src/kit/ids.ts'
import { until } from '../harness.ts'
import { ok, type Receiver, startReceiver } from '../servers/receivers.ts'
import { createInstallation, type Installation } from './installation.ts'
import type { Program } from './program.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let installation: Installation
let receiver: Receiver
const workers: Program[] = []
beforeAll(async () => {
  installation = await createInstallation()
  await installation.startApi()
})
afterAll(() => installation?.close())
beforeEach(async () => {
  receiver = await startReceiver(ok())
})
afterEach(async () => {
  for (const worker of workers.splice(0)) if (!worker.exit) await worker.end('SIGKILL')
  await receiver.close()
})

const startWorker = async () => {
  const worker = await installation.startWorker()
  workers.push(worker)
  return worker
}

/** Creates a rule of the tenant that notifies the receiver. Returns its public id and its UUID. */
async function makeRule(eventType: string, over: object = {}): Promise<{ id: string; uuid: string }> {
  const { createWebhook } = await installation.graphql<{ createWebhook: { webhook: { id: string } } }>(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
    { input: { name: 'ops', url: receiver.url, tenantId: 'tenant-1', eventTypes: ['nothing'] } },
  )
  const webhookIds = [createWebhook.webhook.id]
  const input = { name: eventType, tenantId: 'tenant-1', eventType, windowSeconds: 3_600, threshold: 3, webhookIds }
  const { createAlertRule } = await installation.graphql<{ createAlertRule: { rule: { id: string } } }>(
    'mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { rule { id } } }',
    { input: { ...input, ...over } },
  )
  const { id } = createAlertRule.rule
  return { id, uuid: uuidOf('rul', id, 'id') }
}

const publish = (type: string, payloads: readonly object[]) =>
  installation.graphql('mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }', {
    input: payloads.map((payload) => ({ type, source: 'chaos', tenantId: 'tenant-1', payload })),
  })

/** Runs a statement in a transaction of the test, which holds the statement's locks until `release`. */
async function hold(statement: string, values: unknown[]): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: installation.postgres.url, application_name: 'chaos' })
  await client.connect()
  await client.query('BEGIN')
  await client.query(statement, values)
  return {
    async release() {
      await client.query('COMMIT')
      await client.end()
    },
  }
}

/** Waits until this many connections of workers are waiting for a lock. */
const blocked = (count: number) =>
  until(
    `${count} workers wait for the lock`,
    async () => {
      const rows = await installation.sql(
        `SELECT FROM pg_stat_activity WHERE application_name = 'aetherlink-worker' AND wait_event_type = 'Lock'`,
      )
      return rows.length >= count
    },
    60_000,
  )

interface Raised {
  alerts: number
  entries: number
  events: number
  subjects: number
}

const raisedBy = async (rule: { id: string; uuid: string }): Promise<Raised | undefined> => {
  const [row] = await installation.sql<Raised>(
    `SELECT (SELECT count(*)::int FROM alerts WHERE rule_id = $1) AS alerts,
       (SELECT count(*)::int FROM alert_transitions WHERE rule_id = $1) AS entries, count(*)::int AS events,
       count(DISTINCT subject)::int AS subjects
     FROM events WHERE type = 'ops.alert.raised' AND payload ->> 'rule' = $2`,
    [rule.uuid, rule.id],
  )
  return row
}

const ONCE = { alerts: 1, entries: 1, events: 1, subjects: 1 }

/** Expects that the alert was raised and its message sent exactly once, and that another evaluation changes nothing. */
async function expectRaisedOnce(rule: { id: string; uuid: string }): Promise<void> {
  await until('the notification', () => receiver.requests.length > 0, 60_000)
  await installation.graphql('mutation { evaluateAlertRules { evaluated } }', {})
  expect(await raisedBy(rule)).toEqual(ONCE)
  expect(receiver.requests).toHaveLength(1)
}

test('when one of two workers that evaluate a rule at once is killed, the other raises the alert, once', async () => {
  const first = await startWorker()
  const rule = await makeRule('killed.evaluating')
  const lock = await hold('SELECT FROM alert_rules WHERE id = $1 FOR UPDATE', [rule.uuid])
  await publish('killed.evaluating', [{}, {}, {}])
  await blocked(1)
  await startWorker()
  await blocked(2)
  await first.end('SIGKILL')
  await lock.release()
  await expectRaisedOnce(rule)
})

test('when a worker is killed between storing and publishing an alert, another one publishes it, once', async () => {
  const first = await startWorker()
  const rule = await makeRule('killed.publishing')
  const lock = await hold(`SELECT pg_advisory_xact_lock(hashtextextended('aetherlink.alert-changes.' || $1, 0))`, [
    rule.uuid,
  ])
  await publish('killed.publishing', [{}, {}, {}])
  await until('the alert is stored', async () => (await raisedBy(rule))?.alerts === 1, 60_000)
  expect(await raisedBy(rule)).toEqual({ ...ONCE, events: 0, subjects: 0 })
  await blocked(1)
  await startWorker()
  await first.end('SIGKILL')
  await lock.release()
  await expectRaisedOnce(rule)
})

test('of many alerts that fire while a worker is killed none is lost and none is raised twice', async () => {
  const GROUPS = 300
  const first = await startWorker()
  await startWorker()
  const rule = await makeRule('killed.many', { groupBy: ['payload.n'] })
  for (let round = 0; round < 3; round++)
    await publish(
      'killed.many',
      Array.from({ length: GROUPS }, (_, n) => ({ n })),
    )
  await until('some alerts are raised', async () => ((await raisedBy(rule))?.alerts ?? 0) > 0, 60_000)
  await first.end('SIGKILL')
  const all = { alerts: GROUPS, entries: GROUPS, events: GROUPS, subjects: GROUPS }
  await until('all alerts are published', async () => (await raisedBy(rule))?.events === GROUPS, 60_000)
  await installation.graphql('mutation { evaluateAlertRules { evaluated } }', {})
  expect(await raisedBy(rule)).toEqual(all)
})
