import { expect, test } from 'vitest'
import { until } from '../harness.ts'
import { settled } from './ledger.ts'
import { IN_ORDER, useScene } from './scene.ts'

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
  const back = Date.now()
  await settled(installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  expect([worker.exit, installation.api.exit]).toEqual([null, null])
  await annotate(`${load.retries} publishes tried again; all delivered ${Date.now() - back} ms after its return`)
})

test('PostgreSQL killed under load, and away until every lease is over: what was accepted is there, and nothing comes twice', async ({
  annotate,
}) => {
  const { installation } = scene
  const worker = await scene.startWorker()
  const load = await scene.publish('crashed')
  await scene.received(load, 0.3)
  const [leases] = await installation.sql<{ last: Date | null }>('SELECT max(lease_until) AS last FROM deliveries')
  await installation.postgres.crash()
  // Its sweep then finds due what it has sent and could not write down yet.
  await until('the leases over', () => Date.now() > Number(leases?.last))
  await installation.postgres.start()
  const back = Date.now()
  await settled(installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  expect([worker.exit, installation.api.exit]).toEqual([null, null])
  await annotate(`${load.retries} publishes tried again; all delivered ${Date.now() - back} ms after its return`)
})
