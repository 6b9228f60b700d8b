import { expect, test } from 'vitest'
import { publicId } from '../../src/kit/ids.ts'
import { until } from '../harness.ts'
import { settled } from './ledger.ts'
import type { Load } from './load.ts'
import { IN_ORDER, useScene } from './scene.ts'

const scene = useScene()

/** Public ids of the events whose deliveries an ended worker has leases on. */
const leftInHand = async (load: Load): Promise<string[]> => {
  const { sql } = scene.installation
  await until('its statements ended', async () => {
    const rows = await sql("SELECT 1 FROM pg_stat_activity WHERE application_name = 'aetherlink-worker'")
    return rows.length === 0
  })
  const rows = await sql<{ event_id: string }>(
    `SELECT d.event_id FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE e.source = $1 AND d.completed_at IS NULL AND d.lease_until IS NOT NULL`,
    [load.source],
  )
  return rows.map(({ event_id }) => publicId('evt', event_id))
}

test('a worker killed under load loses nothing, and only deliveries in flight may be duplicated', async ({
  annotate,
}) => {
  const first = await scene.startWorker()
  const load = await scene.publish('killed')
  await scene.received(load, 0.3)
  await first.end('SIGKILL')
  const held = await leftInHand(load)
  expect(held.length).toBeGreaterThan(0)

  await scene.startWorker()
  const took = await settled(scene.installation, load)
  const { cutOff, ...rest } = await scene.account(load)
  expect({ ...rest, cutOff: [] }).toEqual(IN_ORDER)
  expect(held).toEqual(expect.arrayContaining(cutOff))
  await annotate(`all delivered ${took} ms after the last publish; ${held.length} in hand, ${cutOff.length} came twice`)
})

test('a worker that stops under load finishes its requests and returns the other deliveries immediately', async ({
  annotate,
}) => {
  const first = await scene.startWorker()
  const load = await scene.publish('stopped')
  await scene.received(load, 0.3)
  const began = Date.now()
  expect(await first.end('SIGTERM', 25_000)).toEqual({ code: 0, signal: null })
  const stopped = Date.now() - began
  expect(await leftInHand(load)).toEqual([])

  await scene.startWorker()
  const took = await settled(scene.installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  await annotate(`stopped in ${stopped} ms; all delivered ${took} ms after the last publish`)
})

test('if two workers find the same due deliveries, one sends them', async ({ annotate }) => {
  // Without a grace both sweeps take deliveries over while the lane still has them in memory.
  const env = { HANDOFF_GRACE_MS: '100', SWEEP_INTERVAL_MS: '50' }
  expect(await scene.installation.api.end('SIGTERM')).toEqual({ code: 0, signal: null })
  await Promise.all([scene.installation.startApi(env), scene.startWorker(env), scene.startWorker(env)])
  const load = await scene.publish('two')
  const took = await settled(scene.installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  // A request that timed out on a busy machine has a failed attempt; a request of a second sender would have none.
  const attempts = await scene.installation.sql(
    'SELECT 1 FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id JOIN events e ON e.id = d.event_id WHERE e.source = $1',
    [load.source],
  )
  expect(scene.receiver.requests).toHaveLength(attempts.length)
  await annotate(`all delivered ${took} ms after the last publish`)
})
