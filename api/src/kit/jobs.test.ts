import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { until } from '../../test/harness.ts'
import { MAX_WAITING } from './hints.ts'
import { createJobs, type JobKind, type Jobs } from './jobs.ts'
import { createLog } from './log.ts'

const redisUrl = process.env.REDIS_URL ?? ''
const HINT: JobKind<{ n: number }> = { name: 'hint', payload: z.object({ n: z.number() }), hint: true }
const JOB: JobKind<{ n: number }> = { name: 'job', payload: z.object({ n: z.number() }) }

let prefix: string
let made: Jobs[]
const jobs = (url = redisUrl) => {
  const one = createJobs({ redisUrl: url, prefix, log: createLog('fatal', 'test') })
  made.push(one)
  return one
}
beforeEach(() => {
  prefix = `jobs-${randomBytes(6).toString('hex')}`
  made = []
})
afterEach(async () => {
  await Promise.all(made.map((one) => one.close()))
  const redis = new Redis(redisUrl)
  const keys = await redis.keys(`*${prefix}*`)
  if (keys.length > 0) await redis.unlink(...keys)
  redis.disconnect()
})

test.each([HINT, JOB])('what one process adds, one of the others is given, once: $name', async (kind) => {
  const seen: number[] = []
  for (let i = 0; i < 3; i++)
    jobs().process(kind, 1, async ({ n }) => {
      seen.push(n)
    })
  const sender = jobs()
  expect(await sender.add(kind, [{ n: 1 }])).toBe(true)
  expect(await sender.add(kind, [{ n: 2 }, { n: 3 }])).toBe(true)
  await until('all of them', () => seen.length >= 3)
  expect(seen.sort()).toEqual([1, 2, 3])
  expect(await sender.counts(kind)).toMatchObject({ waiting: 0 })
})

test('one that fails, or that nobody can read, does not keep the next from being followed', async () => {
  const seen: number[] = []
  const worker = jobs()
  worker.process(HINT, 1, async ({ n }) => {
    seen.push(n)
    if (n === 1) throw new Error('on purpose')
  })
  const redis = new Redis(redisUrl)
  await redis.rpush(`${prefix}:hints:hint`, '{"n":1}', 'not JSON', '{"m":1}', '{"n":2}')
  redis.disconnect()
  await until('the last one', () => seen.includes(2))
  expect(seen).toEqual([1, 2])
})

test('hints that nobody takes stay few: the newest are kept', async () => {
  const sender = jobs()
  await sender.add(
    HINT,
    Array.from({ length: MAX_WAITING }, (_, n) => ({ n })),
  )
  await sender.add(HINT, [{ n: -1 }, { n: -2 }])
  expect(await sender.counts(HINT)).toMatchObject({ waiting: MAX_WAITING })
  const redis = new Redis(redisUrl)
  expect(await redis.lrange(`${prefix}:hints:hint`, -2, -1)).toEqual(['{"n":-1}', '{"n":-2}'])
  redis.disconnect()
})

test('to add while Redis is away is no error, and adds nothing', async () => {
  expect(await jobs('redis://127.0.0.1:1').add(HINT, [{ n: 1 }])).toBe(false)
})

test('periodic work runs on one worker of many at each tick, and goes on after Redis was emptied', async () => {
  const ticks: number[] = []
  for (let i = 0; i < 3; i++) jobs().every('prune', 200, async () => void ticks.push(Math.floor(Date.now() / 200)))
  await until('three ticks', () => ticks.length >= 3)
  const redis = new Redis(redisUrl)
  const keys = await redis.keys(`*${prefix}*`)
  await redis.unlink(...keys)
  redis.disconnect()
  const before = ticks.length
  await until('three more ticks', () => ticks.length >= before + 3)
  const repeated = ticks.length - new Set(ticks).size
  // A job can be taken in the tick after its own, and the emptied Redis forgets one tick's job.
  expect(repeated).toBeLessThanOrEqual(2)
})

test('while Redis is unavailable each worker runs periodic work itself', async () => {
  let runs = 0
  jobs('redis://127.0.0.1:1').every('prune', 100, async () => {
    runs++
  })
  await until('two runs', () => runs >= 2)
})

test('periodic work that fails is run again at the next tick', async () => {
  let runs = 0
  jobs().every('prune', 100, async () => {
    runs++
    throw new Error('the work failed')
  })
  await until('two runs', () => runs >= 2)
})
