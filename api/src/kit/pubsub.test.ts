import { Redis } from 'ioredis'
import { afterAll, expect, it } from 'vitest'
import { until } from '../../test/harness.ts'
import { createLog } from './log.ts'
import { createPubSub, type PubSub } from './pubsub.ts'
import { createRedis } from './redis.ts'

const redisUrl = process.env.REDIS_URL ?? ''
const log = createLog('silent', 'test')
const redis = createRedis(redisUrl, log)
const all: PubSub[] = []
const create = () => {
  const pubsub = createPubSub({ redisUrl, prefix: `pubsub-test-${process.pid}`, redis, log })
  all.push(pubsub)
  return pubsub
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

afterAll(() => {
  for (const pubsub of all) pubsub.close()
  redis.disconnect()
})

it('receives the messages of every channel, at whatever moment of the connection it subscribes', async () => {
  await until('the publisher is connected', async () => redis.status === 'ready')
  const received = new Set<string>()
  const expected: string[] = []
  const subscribing = Array.from({ length: 60 }, async (_, i) => {
    const pubsub = create()
    for (const channel of [`first-${i}`, `second-${i}`, `third-${i}`]) {
      expected.push(channel)
      pubsub.subscribe(channel, () => received.add(channel))
      await pause(i / 2)
    }
  })
  await Promise.all(subscribing)
  const [publisher] = all
  await until('all messages arrive', async () => {
    await Promise.all(expected.map((channel) => publisher?.publish(channel, 'x')))
    return received.size === expected.length
  })
})

it('subscribes again after its connection was cut, and reports that messages may be missing', async () => {
  const pubsub = create()
  const received: (string | null)[] = []
  pubsub.subscribe('cut', (message) => received.push(message))
  pubsub.subscribe('other', () => undefined)()
  await until('it is subscribed', async () => {
    await pubsub.publish('cut', 'before')
    return received.includes('before')
  })
  expect(received).not.toContain(null)
  const admin = new Redis(redisUrl)
  await admin.client('KILL', 'TYPE', 'pubsub')
  admin.disconnect()
  await until('it reports the gap', async () => received.includes(null))
  await pubsub.publish('cut', 'after')
  await until('it receives again', async () => received.at(-1) === 'after')
})
