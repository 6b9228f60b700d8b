import { expect, test } from 'vitest'
import { settled } from './ledger.ts'
import { IN_ORDER, useScene } from './scene.ts'

const scene = useScene()

/** Longer than the processes take to finish their work (DRAIN_MS of server.ts and worker.ts). */
const STOP_MS = 30_000
/** Enough events for the load to last until every process has been restarted. */
const EVENTS = 4_000

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
