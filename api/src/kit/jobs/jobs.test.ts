import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { until } from '../../../test/harness.ts'
import { createLog } from '../log.ts'
import { createJobs, type JobKind, type Jobs } from './jobs.ts'

const redisUrl = process.env.REDIS_URL ?? ''
const NOTHING_LISTENS = 'redis://127.0.0.1:1'
const JOB: JobKind<{ n: number }> = { name: 'job', payload: z.object({ n: z.number() }) }
const OWNED: JobKind<{ id: string }> = { name: 'owned', payload: z.object({ id: z.string() }) }
const idOf = ({ id }: { id: string }) => id

let prefix: string
let open: Jobs[]
const jobs = (url = redisUrl) => {
  const created = createJobs({ redisUrl: url, prefix, log: createLog('fatal', 'test') })
  open.push(created)
  return created
}
const withRedis = async <T>(work: (redis: Redis) => Promise<T>): Promise<T> => {
  const redis = new Redis(redisUrl)
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}
const forgetKeys = (pattern: string) =>
  withRedis(async (redis) => {
    const keys = await redis.keys(pattern)
    if (keys.length > 0) await redis.unlink(...keys)
  })

beforeEach(() => {
  prefix = `jobs-${randomBytes(6).toString('hex')}`
  open = []
})
afterEach(async () => {
  await Promise.all(open.map((created) => created.close()))
  await forgetKeys(`*${prefix}*`)
})

test('a job runs once on one of the other processes', async () => {
  const seen: number[] = []
  for (let i = 0; i < 3; i++)
    jobs().process(JOB, {
      concurrency: 1,
      run: async ({ n }) => {
        seen.push(n)
      },
    })
  const sender = jobs()
  expect(await sender.add(JOB, [{ n: 1 }])).toBe(true)
  expect(await sender.add(JOB, [{ n: 2 }, { n: 3 }])).toBe(true)
  await until('all of them', () => seen.length >= 3)
  expect(seen.sort()).toEqual([1, 2, 3])
})

test('a failed job or an invalid payload does not block the next job, and failures are counted', async () => {
  const seen: number[] = []
  const worker = jobs()
  worker.process(JOB, {
    concurrency: 1,
    run: async ({ n }) => {
      seen.push(n)
      if (n === 1) throw new Error('on purpose')
    },
  })
  const unknown: JobKind<{ m: number }> = { name: 'job', payload: z.object({ m: z.number() }) }
  const sender = jobs()
  await sender.add(JOB, [{ n: 1 }])
  await sender.add(unknown, [{ m: 1 }])
  await sender.add(JOB, [{ n: 2 }])
  await until('the last one', () => seen.includes(2))
  expect(seen).toEqual([1, 2])
  await until('the failure counted', async () => (await sender.stats()).some(({ failures }) => failures === 1))
})

test('a job whose id is waiting or running is not added again until it has ended', async () => {
  let runs = 0
  let ended = 0
  let finish = () => {}
  jobs().process(OWNED, {
    concurrency: 10,
    run: () => {
      runs++
      return new Promise((resolve) => {
        finish = resolve
      })
    },
    onEnd: () => ended++,
  })
  const sender = jobs()
  for (let i = 0; i < 3; i++) await sender.add(OWNED, [{ id: 'a' }], { idOf })
  await until('a run', () => runs === 1)
  await sender.add(OWNED, [{ id: 'a' }, { id: 'a' }], { idOf })
  expect(await sender.stats()).toContainEqual(expect.objectContaining({ kind: 'owned', active: 1, waiting: 0 }))
  finish()
  await until('its end', () => ended === 1)
  await sender.add(OWNED, [{ id: 'a' }], { idOf })
  await until('another run', () => runs === 2)
  finish()
})

test('a run is notified when its lock is lost, and another worker can get the job', async () => {
  const lost: string[] = []
  const worker = (name: string) =>
    jobs().process(OWNED, {
      concurrency: 1,
      run: (_, lockLost) =>
        new Promise((resolve) => {
          lockLost.addEventListener('abort', () => {
            lost.push(name)
            resolve()
          })
          if (name === 'second') resolve()
        }),
    })
  worker('first')
  const sender = jobs()
  await sender.add(OWNED, [{ id: 'a' }], { idOf })
  await until('it runs', async () => (await sender.stats()).some(({ active }) => active === 1))
  await forgetKeys(`*${prefix}*`)
  await until('the loss noticed', () => lost.length === 1)
  worker('second')
  expect(await sender.add(OWNED, [{ id: 'a' }], { idOf })).toBe(true)
})

test('another process gets the job of a dead process', async () => {
  const runs: string[] = []
  const worker = (name: string) => {
    const created = jobs()
    created.process(OWNED, {
      concurrency: 1,
      run: async () => {
        runs.push(name)
        if (name === 'dead') await new Promise(() => {})
      },
    })
    return created
  }
  const dead = worker('dead')
  const sender = jobs()
  await sender.add(OWNED, [{ id: 'a' }], { idOf })
  await until('it runs', () => runs.length === 1)
  // Its connections end, and with them the renewals of its locks.
  await dead.close()
  worker('alive')
  await until('it runs again', () => runs.includes('alive'))
})

test('adding while Redis is unavailable adds nothing and does not fail', async () => {
  const sender = jobs(NOTHING_LISTENS)
  expect(await sender.add(JOB, [{ n: 1 }])).toBe(false)
  expect(sender.isReady()).toBe(false)
})

test('periodic work runs on one of many workers at each tick, also after Redis was emptied', async () => {
  let runs = 0
  const intervalMs = 200
  const workers = Array.from({ length: 3 }, () => jobs())
  const began = Date.now()
  for (const worker of workers)
    worker.every('prune', intervalMs, async () => {
      runs++
    })
  await until('three runs', () => runs >= 3)
  await forgetKeys(`*${prefix}*`)
  const before = runs
  await until('six more runs', () => runs >= before + 6)
  // About one run for each tick. Three workers that each ran it would have three.
  expect(runs).toBeLessThan(2 * ((Date.now() - began) / intervalMs + 1))
  expect(await workers[0]!.stats()).toContainEqual(
    expect.objectContaining({ kind: 'prune', failures: 0, sinceSuccessMs: expect.any(Number) }),
  )
})

test('while Redis is unavailable each worker runs periodic work itself', async () => {
  let runs = 0
  jobs(NOTHING_LISTENS).every('prune', 100, async () => {
    runs++
  })
  await until('two runs', () => runs >= 2)
})

test('failed periodic work runs again at the next tick, and stops on request', async () => {
  let runs = 0
  const worker = jobs()
  const stop = worker.every('prune', 100, async () => {
    runs++
    throw new Error('the work failed')
  })
  await until('two runs', () => runs >= 2)
  await stop()
  const stopped = runs
  let others = 0
  worker.every('other', 100, async () => {
    others++
  })
  await until('two ticks of something else', () => others >= 2)
  expect(runs).toBe(stopped)
})

test('per-worker work runs on each worker', async () => {
  const runs = new Set<number>()
  for (let i = 0; i < 3; i++)
    jobs().every(
      'sweep',
      100,
      async () => {
        runs.add(i)
      },
      { onEveryWorker: true },
    )
  await until('a run of each', () => runs.size === 3)
})
