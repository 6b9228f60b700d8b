import { type Env, parseEnv } from '../env.ts'
import type { Clock, Core } from './core.ts'
import { createDb } from './db.ts'
import { createJobs } from './jobs.ts'
import { createLog, type Log } from './log.ts'
import { createPubSub } from './pubsub.ts'
import { createRedis } from './redis.ts'

/** A process's core with the way to close it: everything it holds open, in the order that nothing needs what is gone. */
export type OpenCore = Core & { close(): Promise<void> }

/**
 * Opens what a process works with. Nothing is waited for: connections are made when they are first used, so a server that is
 * away at the start is met like one that goes away later.
 */
export function openCore(
  service: string,
  options: { env?: Env; log?: Log; clock?: Clock; random?: () => number } = {},
): OpenCore {
  const env = options.env ?? parseEnv()
  const log = options.log ?? createLog(env.LOG_LEVEL, service)
  const shared = { redisUrl: env.REDIS_URL, prefix: env.REDIS_PREFIX, log }
  const db = createDb(env.DATABASE_URL, { max: env.DATABASE_POOL, log, application: service })
  const redis = createRedis(env.REDIS_URL, log)
  const pubsub = createPubSub({ ...shared, redis })
  const jobs = createJobs(shared)
  return {
    env,
    log,
    db,
    redis,
    pubsub,
    jobs,
    clock: options.clock ?? Date.now,
    random: options.random ?? Math.random,
    async close() {
      await jobs.close()
      pubsub.close()
      redis.disconnect()
      await db.close()
    },
  }
}
