import { expect, test } from 'vitest'
import { until } from '../harness.ts'
import { ok, slow, startReceiver } from '../servers/receivers.ts'
import { account, settled } from './ledger.ts'
import { type Load, publishBacklog, subscribe } from './load.ts'
import { IN_ORDER, useScene } from './scene.ts'

const scene = useScene()
/** The default concurrency limit of a webhook. */
const MAX_CONCURRENCY = 16

/** Public ids of the events whose deliveries are leased to a worker that has ended. */
const leftInHand = async (load: Load): Promise<string[]> => {
  const { sql } = scene.installation
  await until('its statements ended', async () => {
    const rows = await sql("SELECT 1 FROM pg_stat_activity WHERE application_name = 'aetherlink-worker'")
    return rows.length === 0
  })
  return scene.leased(load)
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

test('a worker is frozen under load: another one takes over its lane, and the first one continues without harm', async ({
  annotate,
}) => {
  const first = await scene.startWorker()
  const load = await scene.publish('stopped-clock')
  await scene.received(load, 0.2)
  await scene.startWorker()
  first.signal('SIGSTOP')
  const frozen = Date.now()
  const held = await scene.leased(load)
  await settled(scene.installation, load)
  const took = Date.now() - frozen
  first.signal('SIGCONT')
  // The worker's own outcomes come too late: another worker has already recorded these deliveries.
  await until('it has handed back what it held', async () => (await scene.leased(load)).length === 0)
  const { cutOff, ...rest } = await scene.account(load)
  expect({ ...rest, cutOff: [] }).toEqual(IN_ORDER)
  expect(held).toEqual(expect.arrayContaining(cutOff))
  const after = await scene.publish('awake-again', 100)
  await settled(scene.installation, after)
  expect(await scene.account(after)).toEqual({ ...IN_ORDER, stored: 100 })
  expect(first.exit).toBeNull()
  await annotate(`all delivered ${took} ms after the freeze; ${held.length} in hand, ${cutOff.length} came twice`)
})

test('of two workers the one with the lane loses its Bull lock: nothing is lost or duplicated', async ({
  annotate,
}) => {
  await Promise.all([scene.startWorker(), scene.startWorker()])
  const load = await scene.publish('lock-lost')
  for (const part of [0.2, 0.5]) {
    await scene.received(load, part)
    // For a moment after a lane has changed its owner, it has no lock.
    await until('a lock is deleted', () =>
      scene.withRedis(async (redis) => {
        const keys = await redis.keys('{aetherlink}:deliver:*:lock')
        return keys.length > 0 && (await redis.del(...keys)) > 0
      }),
    )
  }
  const took = await settled(scene.installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  await annotate(`all delivered ${took} ms after the last publish`)
})

test('a worker is killed while it drains a backlog for a fast and a slow receiver: another one finishes it', async ({
  annotate,
}) => {
  const { installation } = scene
  const receivers = { fast: await startReceiver(ok()), slow: await startReceiver(slow(150)) }
  try {
    await subscribe(installation, 'fast', receivers.fast)
    await subscribe(installation, 'slow', receivers.slow)
    const fast = await publishBacklog(installation, 'fast', 5_000)
    const slowly = await publishBacklog(installation, 'slow', 500)
    const first = await scene.startWorker()
    await until(
      'both are being drained',
      () => receivers.fast.requests.length >= 1_000 && receivers.slow.requests.length >= 50,
      60_000,
    )
    await first.end('SIGKILL')
    expect(receivers.fast.requests.length).toBeLessThan(5_000)
    const held = [...(await leftInHand(fast)), ...(await leftInHand(slowly))]

    await scene.startWorker()
    const restarted = Date.now()
    await settled(installation, fast)
    await settled(installation, slowly)
    const took = Date.now() - restarted
    const twice: string[] = []
    for (const [load, receiver] of [
      [fast, receivers.fast],
      [slowly, receivers.slow],
    ] as const) {
      const { cutOff, ...rest } = await account(installation, load, receiver)
      expect({ ...rest, cutOff: [] }).toEqual({ ...IN_ORDER, stored: load.total })
      // The maximum number of requests that a webhook may have in flight.
      expect(cutOff.length).toBeLessThanOrEqual(MAX_CONCURRENCY)
      twice.push(...cutOff)
    }
    expect(held).toEqual(expect.arrayContaining(twice))
    await annotate(`all delivered ${took} ms after the restart; ${held.length} in hand, ${twice.length} came twice`)
  } finally {
    await Promise.all([receivers.fast.close(), receivers.slow.close()])
  }
})

test('if two workers find the same due deliveries, one sends them', async ({ annotate }) => {
  // With almost no grace, the sweeps of both workers take over deliveries that the lane still has in memory.
  const env = { HANDOFF_GRACE_MS: '100', SWEEP_INTERVAL_MS: '50' }
  expect(await scene.installation.api.end('SIGTERM')).toEqual({ code: 0, signal: null })
  await Promise.all([scene.installation.startApi(env), scene.startWorker(env), scene.startWorker(env)])
  const load = await scene.publish('two')
  const took = await settled(scene.installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  // A request that timed out on a busy machine has a failed attempt. A request of a second sender would have no
  // attempt.
  const attempts = await scene.installation.sql(
    'SELECT 1 FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id JOIN events e ON e.id = d.event_id WHERE e.source = $1',
    [load.source],
  )
  expect(scene.receiver.requests).toHaveLength(attempts.length)
  await annotate(`all delivered ${took} ms after the last publish`)
})
