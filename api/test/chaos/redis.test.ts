import { expect, test } from 'vitest'
import { settled } from './ledger.ts'
import { accepted } from './load.ts'
import { IN_ORDER, useScene } from './scene.ts'

const scene = useScene()

/** The number of bell messages since this Redis server started. */
const rings = () =>
  scene.withRedis(async (redis) =>
    Number(/^cmdstat_publish:calls=(\d+)/m.exec(await redis.info('commandstats'))?.[1] ?? 0),
  )
const lanesWaiting = () => scene.withRedis((redis) => redis.llen('{aetherlink}:deliver:wait'))

test('Redis flushed while lanes wait for a worker, and again under load: the sweep opens the lanes', async ({
  annotate,
}) => {
  const load = await scene.publish('flushed')
  await accepted(load, 0.2)
  expect(await lanesWaiting()).toBe(1)
  await scene.withRedis((redis) => redis.flushall())
  await scene.startWorker()
  await scene.received(load, 0.4)
  await scene.withRedis((redis) => redis.flushall())
  const took = await settled(scene.installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  await annotate(`all delivered ${took} ms after the last publish`)
})

test('Redis killed under load and restarted empty: publishing continues, and the bell works afterwards', async ({
  annotate,
}) => {
  const { redis } = scene.installation
  const worker = await scene.startWorker()
  const load = await scene.publish('redis-killed')
  await scene.received(load, 0.3)
  await redis.crash()
  await accepted(load, 0.7)
  await redis.start()
  const took = await settled(scene.installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  expect([worker.exit, scene.installation.api.exit]).toEqual([null, null])

  const after = await scene.publish('redis-again', 100)
  await settled(scene.installation, after)
  expect(await rings()).toBeGreaterThan(0)
  await annotate(`all delivered ${took} ms after the last publish`)
})

test('Redis frozen under load: nothing waits for it, and its connections are reopened', async ({ annotate }) => {
  const { redis } = scene.installation
  await scene.startWorker()
  const load = await scene.publish('frozen')
  await scene.received(load, 0.2)
  redis.freeze()
  const took = await settled(scene.installation, load)
  redis.thaw()
  expect(await scene.account(load)).toEqual(IN_ORDER)

  const before = await rings()
  const after = await scene.publish('awake', 100)
  await settled(scene.installation, after)
  expect(await scene.account(after)).toEqual({ ...IN_ORDER, stored: 100 })
  expect(await rings()).toBeGreaterThan(before)
  await annotate(`all delivered ${took} ms after the last publish`)
})

test('the API killed between commit and bell: the sweep delivers the accepted events', async ({ annotate }) => {
  const { installation } = scene
  const load = await scene.publish('api-killed')
  await accepted(load, 0.2)
  // From here on, the API commits and answers, but its messages do not reach Redis.
  installation.redis.freeze()
  await accepted(load, 0.5)
  await installation.api.end('SIGKILL')
  await installation.redis.crash()
  await installation.redis.start()
  expect(await lanesWaiting()).toBe(0)
  const orphaned = await installation.sql(
    `SELECT 1 FROM deliveries d JOIN events e ON e.id = d.event_id WHERE e.source = $1 AND d.status = 'PENDING'`,
    [load.source],
  )
  expect(orphaned.length).toBeGreaterThanOrEqual(load.accepted.size)

  await scene.startWorker()
  await scene.received(load, { count: orphaned.length })
  await installation.startApi()
  const took = await settled(installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  await annotate(`${orphaned.length} that no worker heard of; all delivered ${took} ms after the last publish`)
})

test('API and worker stop in time while Redis does not respond', async () => {
  const { installation } = scene
  const worker = await scene.startWorker()
  installation.redis.freeze()
  const exits = await Promise.all([worker.end('SIGTERM', 25_000), installation.api.end('SIGTERM', 25_000)])
  expect(exits).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null },
  ])
  await installation.redis.crash()
  await installation.redis.start()
  await installation.startApi()
})
