import { join } from 'node:path'
import { NEW_TARGET } from '../../src/healing/decide/state.ts'
import { NEW_RUN } from '../../src/healing/targets/memory.ts'
import { newId, publicId } from '../../src/kit/ids.ts'
import { alertsOfRule, makeRule, makeSilence, publishMany } from '../features/alerts.ts'
import { finished, makeDeadLetters, startBulkReplay } from '../features/bulk-replay.ts'
import { ACME, makeWebhook, publish } from '../features/deliveries.ts'
import { ensurePartitions, prune, seedEvents } from '../features/retention.ts'
import { startTestApp, type TestApp, until } from '../harness.ts'
import { ok, type Receiver, startReceiver, status } from '../servers/receivers.ts'

/** An installation with the objects that the commands of the pages need. */
export interface Scene {
  app: TestApp
  /** The secret of an ADMIN's API key. */
  key: string
  keyId: string
  event: string
  deadLetter: string
  /** A dead letter of another webhook. */
  otherDeadLetter: string
  /** The webhook of `deadLetter`. Its receiver is up again. */
  webhook: string
  /** A webhook with dead letters of its own, so that their bulk replay does not touch `deadLetter`. */
  bulkWebhook: string
  /** A delivery that waits for a paused webhook. Each page that cancels a delivery needs its own. */
  openDelivery: string
  otherOpenDelivery: string
  /** The webhook of a delivery that failed and waits for its retry. The receiver is up again. */
  failingWebhook: string
  /** A second such webhook. A probe sends the waiting delivery. */
  otherFailingWebhook: string
  finishedReplay: string
  /** A bulk replay that runs for minutes. */
  runningReplay: string
  alert: string
  rule: string
  /** A second open alert, which a page resolves. */
  otherAlert: string
  /** A rule without alerts, which a page deletes. */
  spareRule: string
  silence: string
  archive: string
  healAttempt: string
  stop(): Promise<void>
}

/** `directory`: for archives, and for `dead-letters.graphql`, the persisted document of docs/api.md. */
export async function startScene(directory: string): Promise<Scene> {
  const app = await startTestApp({
    worker: true,
    env: {
      EVENT_ARCHIVE_ENABLED: 'true',
      EVENT_ARCHIVE_DIR: join(directory, 'archive'),
      PERSISTED_OPERATIONS: join(directory, 'dead-letters.graphql'),
      PROBE_ALLOWED_CIDRS: '127.0.0.0/8',
    },
  })
  // The archive is made first, because creating partitions locks the tables that everything else writes to.
  const archive = await makeArchive(app)
  const receiver = await startReceiver()
  const event = await publish(app, { type: 'shop.opened' })
  const dead = await makeDeadLetters(app, receiver.url, 3)
  const other = await makeDeadLetters(app, receiver.url, 1)
  const bulk = await makeDeadLetters(app, receiver.url, 3)
  const paced = await makeDeadLetters(app, receiver.url, 300)
  const done = await makeDeadLetters(app, receiver.url, 2)
  const running = await startBulkReplay(app, { filter: { webhookIds: [paced.webhookId] }, ratePerSecond: 1 })
  const complete = await startBulkReplay(app, { deliveryIds: done.ids })
  await finished(app, complete.id)
  const { createApiKey } = await app.ok<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
    'mutation { createApiKey(input: { name: "docs", role: ADMIN }) { secret apiKey { id } } }',
  )
  // `aetherlink health` fails when a service is down.
  await app.ok('mutation ($url: String!) { registerService(input: { name: "checkout", url: $url }) { created } }', {
    url: app.url,
  })
  return {
    app,
    key: createApiKey.secret,
    keyId: createApiKey.apiKey.id,
    event,
    deadLetter: dead.ids[0]!,
    otherDeadLetter: other.ids[0]!,
    webhook: dead.webhookId,
    bulkWebhook: bulk.webhookId,
    openDelivery: await makeOpenDelivery(app, receiver.url),
    otherOpenDelivery: await makeOpenDelivery(app, receiver.url),
    failingWebhook: await makeFailingWebhook(app, receiver, 'failing'),
    otherFailingWebhook: await makeFailingWebhook(app, receiver, 'failing-too'),
    finishedReplay: complete.id,
    runningReplay: running.id,
    ...(await raiseAlert(app, 'job.failed')),
    otherAlert: (await raiseAlert(app, 'mail.failed')).alert,
    spareRule: await makeRule(app, { name: 'spare', eventType: 'spare.*' }),
    silence: await makeSilence(app, { matchers: { rule: 'spare' } }),
    archive,
    healAttempt: await addHealTargets(app),
    async stop() {
      await app.ok('mutation ($id: ID!) { cancelBulkReplay(id: $id) { bulkReplay { id } } }', { id: running.id }).catch(
        () => {}, // a page has already cancelled it
      )
      await receiver.close()
      await app.stop()
    },
  }
}

const deliveryOf = async (app: TestApp, webhookId: string, statuses: readonly string[]) => {
  const { deliveries } = await app.ok<{ deliveries: { nodes: { id: string }[] } }>(
    'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { nodes { id } } }',
    { filter: { webhookIds: [webhookId], statuses } },
  )
  return deliveries.nodes[0]?.id
}

async function makeOpenDelivery(app: TestApp, url: string): Promise<string> {
  const { id } = await makeWebhook(app, { name: 'paused', url, eventTypes: ['paused.*'] })
  await app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { id } } }', { id }, { as: ACME })
  await publish(app, { type: 'paused.one' })
  return until('a delivery that waits', () => deliveryOf(app, id, ['PENDING']))
}

async function makeFailingWebhook(app: TestApp, receiver: Receiver, name: string): Promise<string> {
  receiver.behave(status(503))
  const { id } = await makeWebhook(app, {
    name,
    url: receiver.url,
    eventTypes: [`${name}.*`],
    retrySchedule: [3_600],
  })
  await publish(app, { type: `${name}.one` })
  await until('a delivery that failed', () => deliveryOf(app, id, ['FAILED']))
  receiver.behave(ok())
  return id
}

async function raiseAlert(app: TestApp, eventType: string): Promise<{ rule: string; alert: string }> {
  const rule = await makeRule(app, { eventType })
  await publishMany(app, 3, { type: eventType })
  return { rule, alert: (await until('the alert', async () => (await alertsOfRule(app, rule))[0], 30_000)).id }
}

async function makeArchive(app: TestApp): Promise<string> {
  await ensurePartitions(app, 45)
  await seedEvents(app, { tenant: 'tenant-acme', daysAgo: 40, count: 12 })
  await prune(app)
  const { archives } = await app.ok<{ archives: { nodes: { id: string }[] } }>('{ archives { nodes { id } } }')
  return archives.nodes[0]!.id
}

/** Adds containers that a worker with a Docker engine would watch, one of them given up. Returns the id of an attempt. */
async function addHealTargets(app: TestApp): Promise<string> {
  const givenUp = { state: { ...NEW_TARGET, state: 'GIVEN_UP' }, run: NEW_RUN }
  for (const [container, state, memory] of [
    ['checkout', 'STARTING', {}],
    ['mailer', 'GIVEN_UP', givenUp],
  ])
    await app.sql(`INSERT INTO heal_targets (id, container, origin, state, memory) VALUES ($1, $2, 'LABEL', $3, $4)`, [
      newId(),
      container,
      state,
      JSON.stringify(memory),
    ])
  const id = newId()
  await app.sql(
    `INSERT INTO heal_attempts (id, target_id, container, action, trigger, reason, outcome, message, token, started_at)
     SELECT $1, id, container, 'restart', 'exited', 'it exited with code 1', 'FAILED', 'it exited again', 1, now()
     FROM heal_targets WHERE container = 'mailer'`,
    [id],
  )
  return publicId('heal', id)
}
