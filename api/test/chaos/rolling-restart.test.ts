import { expect, test } from 'vitest'
import { until } from '../harness.ts'
import { startReceiver } from '../servers/receivers.ts'
import { settled } from './ledger.ts'
import { IN_ORDER, useScene } from './scene.ts'

const scene = useScene()

/** Longer than the processes take to finish their work (DRAIN_MS of server.ts and worker.ts). */
const STOP_MS = 30_000
const CREATE_WEBHOOK = 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }'
const PUBLISH = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }'
/** Enough events for the load to last until every process has been restarted. */
const EVENTS = 4_000
/** Enough events for the load to last until a second worker has started and the first one has stopped. */
const HEALTHY_EVENTS = 2_500

test('a rolling restart of api and workers under load loses and duplicates no delivery', async ({ annotate }) => {
  const { installation, receiver } = scene
  const oldWorkers = [await scene.startWorker(), await scene.startWorker()]
  const load = await scene.publish('rolling', EVENTS)
  await scene.received(load, { count: 100 })
  expect(await installation.api.end('SIGTERM', STOP_MS)).toEqual({ code: 0, signal: null })
  expect(load.accepted.size).toBeLessThan(EVENTS)
  await installation.startApi()
  for (const worker of oldWorkers) {
    await scene.received(load, { count: receiver.requests.length + 100 })
    const exit = worker.end('SIGTERM', STOP_MS)
    await scene.startWorker()
    expect(await exit).toEqual({ code: 0, signal: null })
  }
  const took = await settled(installation, load)
  expect(await scene.account(load)).toEqual({ ...IN_ORDER, stored: EVENTS })
  const ids = receiver.requests.map(({ headers }) => headers['webhook-id'])
  expect(ids).toHaveLength(EVENTS)
  expect(new Set(ids)).toEqual(load.accepted)
  await annotate(`${load.retries} publishes were repeated; all delivered ${took} ms after the last one`)
})

test('a worker that stops hands its lanes over before a request to a hanging receiver has ended', async () => {
  const { installation } = scene
  let release = () => {}
  const hanging = await startReceiver(({ response }) => {
    release = () => response.end()
  })
  const input = { name: 'hanging', url: hanging.url, eventTypes: ['hanging'], tenantId: 'tenant-1', timeoutMs: 120_000 }
  await installation.graphql(CREATE_WEBHOOK, { input })
  const old = await scene.startWorker()
  const load = await scene.publish('healthy', HEALTHY_EVENTS)
  await installation.graphql(PUBLISH, { input: { type: 'hanging', source: 'hanging', tenantId: 'tenant-1' } })
  await until('the request hangs', () => hanging.requests.length > 0, 30_000)
  await scene.startWorker()
  await scene.received(load, { count: scene.receiver.requests.length + 100 })
  const exit = old.end('SIGTERM', STOP_MS)
  expect(load.accepted.size).toBeLessThan(HEALTHY_EVENTS)
  await settled(installation, load)
  // The worker neither got an answer to the hanging request nor gave it up.
  expect(old.tail()).not.toContain('returned while in flight')
  expect(hanging.requests).toHaveLength(1)
  release()
  expect(await exit).toEqual({ code: 0, signal: null })
  expect(await scene.account(load)).toEqual({ ...IN_ORDER, stored: HEALTHY_EVENTS })
  await hanging.close()
})
