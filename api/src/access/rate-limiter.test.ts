import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createAppContext } from '../app-context.ts'
import { parseEnv } from '../env.ts'
import { createRedis } from '../kit/redis.ts'
import { createRateLimiter } from './rate-limiter.ts'

let now = Date.now()
const logged: { level: number; msg: string }[] = []
const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) })
const env = parseEnv({
  DATABASE_URL: process.env.DATABASE_URL,
  REDIS_URL: process.env.REDIS_URL,
  REDIS_PREFIX: `test-${randomBytes(6).toString('hex')}`,
  SECRET_KEY: Buffer.alloc(32).toString('base64'),
})
const core = createAppContext(env, 'test', { log, clock: () => now })
const connected = async (redis: Redis) => redis.status === 'ready' || once(redis, 'ready')
beforeAll(() => connected(core.redis))
afterAll(async () => {
  const keys = await core.redis.keys(`${env.REDIS_PREFIX}:*`)
  if (keys.length > 0) await core.redis.unlink(...keys)
  await core.close()
})

const coreWith = (perSecond: number, burst: number) => ({
  ...core,
  env: { ...env, TENANT_PUBLISH_PER_SECOND: perSecond, TENANT_PUBLISH_BURST: burst },
})
let tenants = 0

test('a budget gives exactly its burst and its rate, at the stated times, for any order of callers', async () => {
  const steps = fc.array(
    fc.record({ wait: fc.integer({ min: 0, max: 3_000 }), count: fc.integer({ min: 1, max: 40 }), process: fc.nat(1) }),
    { minLength: 1, maxLength: 12 },
  )
  const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 50 }) })
  await fc.assert(
    fc.asyncProperty(rates, steps, async ({ perSecond, burst }, asked) => {
      const tenant = `tenant-${tenants++}`
      const processes = [1, 2].map(() => createRateLimiter(coreWith(perSecond, burst)))
      let tokens = burst
      for (const { wait, count, process } of asked) {
        now += wait
        tokens = Math.min(burst, tokens + (wait * perSecond) / 1_000)
        const taken = await processes[process]?.take('publish', tenant, count)
        const granted = taken?.granted ?? 0
        // The stored value is rounded to a millionth.
        expect(Math.abs(granted - Math.min(count, tokens))).toBeLessThan(1 + 1e-3)
        expect(granted).toBeLessThanOrEqual(tokens + 1e-3)
        tokens -= granted
        if (granted === count) expect(taken?.retryAfterMs).toBe(0)
        else {
          const rest = Math.min(count - granted, burst)
          expect(taken?.retryAfterMs).toBe(Math.max(1, Math.ceil(((rest - tokens) * 1_000) / perSecond - 1e-3)))
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('a caller whose clock is behind neither fills nor empties it', async () => {
  const budget = createRateLimiter(coreWith(10, 10))
  await budget.take('publish', 'tenant-clocks', 10)
  now -= 60_000
  expect(await budget.take('publish', 'tenant-clocks', 10)).toEqual({ granted: 0, retryAfterMs: 1_000 })
  now += 60_500
  expect(await budget.take('publish', 'tenant-clocks', 10)).toMatchObject({ granted: 5 })
})

test('without a limit Redis is not used, and without Redis every request is accepted', async () => {
  const asked = vi.spyOn(core.redis, 'eval')
  const unlimited = createRateLimiter(core)
  expect(unlimited.isLimited('publish')).toBe(false)
  expect(unlimited.take('publish', 'tenant-a', 1_000)).toBeNull()
  expect(unlimited.admit({ kind: 'USER', id: 'u', name: null, roles: ['VIEWER'], tenantId: 'tenant-a' })).toBeNull()
  expect(asked).not.toHaveBeenCalled()
  asked.mockRestore()

  const redis = createRedis('redis://127.0.0.1:1', log)
  const before = logged.length
  const budget = createRateLimiter({ ...coreWith(1, 1), redis })
  for (let i = 0; i < 20; i++)
    expect(await budget.take('publish', 'tenant-a', 5)).toEqual({ granted: 5, retryAfterMs: 0 })
  redis.disconnect()
  expect(logged.slice(before).map(({ level, msg }) => [level, msg])).toEqual([
    [40, 'rate limits of tenants are not enforced: Redis does not answer'],
  ])
})

test('a Redis that hangs is not waited for', async () => {
  const redis = createRedis(env.REDIS_URL, log)
  const budget = createRateLimiter({ ...coreWith(1, 1), redis })
  await connected(redis)
  // Its connection is busy for a while: later commands have to wait.
  const busy = redis.blpop(`${env.REDIS_PREFIX}:nothing`, 2).catch(() => null)
  expect(await budget.take('publish', 'tenant-hangs', 5)).toEqual({ granted: 5, retryAfterMs: 0 })
  redis.disconnect()
  await busy
})
