import { expect, test } from 'vitest'
import { settled } from './ledger.ts'
import { EVENTS, IN_ORDER, useScene } from './scene.ts'

const scene = useScene()

// The worker lives on and knows what it has in hand: not even what was under way comes twice.
test('PostgreSQL restarted under load: publishers try again, and nothing is lost or comes twice', async ({
  annotate,
}) => {
  const { installation } = scene
  const worker = await scene.startWorker()
  const load = await scene.publish('restarted')
  await scene.received(load, 0.3)
  await installation.postgres.stop()
  await installation.postgres.start()
  const took = await settled(installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  expect([worker.exit, installation.api.exit]).toEqual([null, null])
  await annotate(`${load.retries} publishes tried again; all delivered ${took} ms after the last one`)
})

test('PostgreSQL killed under load and recovered: what was accepted is there, and nothing comes twice', async ({
  annotate,
}) => {
  const { installation } = scene
  const worker = await scene.startWorker()
  const load = await scene.publish('crashed')
  await scene.received(load, 0.3)
  await installation.postgres.crash()
  await installation.postgres.start()
  const took = await settled(installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  expect([worker.exit, installation.api.exit]).toEqual([null, null])
  expect(load.accepted.size).toBe(EVENTS)
  await annotate(`${load.retries} publishes tried again; all delivered ${took} ms after the last one`)
})
