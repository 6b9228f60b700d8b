import { expect, test } from 'vitest'
import { settled } from './ledger.ts'
import { IN_ORDER, useScene } from './scene.ts'

const scene = useScene()

// The worker stays alive and knows its deliveries, so that not even the deliveries in flight are sent twice.
test('PostgreSQL restarted under load: publishers retry, and nothing is lost or duplicated', async ({ annotate }) => {
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

test('PostgreSQL killed under load and down until every lease has expired: nothing is lost or duplicated', async ({
  annotate,
}) => {
  const { installation } = scene
  const worker = await scene.startWorker()
  const load = await scene.publish('crashed')
  await scene.received(load, 0.3)
  await installation.postgres.crash()
  await installation.postgres.start()
  // Simulates an outage that lasts longer than every lease. The sweep finds deliveries due that the worker has already
  // sent, but could not record yet.
  await installation.sql(
    "UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL",
  )
  const back = Date.now()
  await settled(installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  expect([worker.exit, installation.api.exit]).toEqual([null, null])
  await annotate(`${load.retries} publishes tried again; all delivered ${Date.now() - back} ms after its return`)
})
