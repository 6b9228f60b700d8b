import type { Redis } from 'ioredis'
import { createDb, type Db } from './db/pool.ts'
import type { Env } from './env.ts'
import { createJobs, type Jobs } from './kit/jobs/jobs.ts'
import { createLog, createRequestLog, type Log } from './kit/log.ts'
import { createPubSub, type PubSub } from './kit/pubsub.ts'
import { createRedis } from './kit/redis.ts'
import { noTracing, type Tracing } from './tracing/tracing.ts'

/**
 * Infrastructure that every feature may use, created once per process. The clock and the randomness are injected, so
 * that tests can control them.
 */
export interface AppContext {
  env: Env
  log: Log
  /** Request log, one line per request. */
  requestLog: Log
  db: Db
  redis: Redis
  pubsub: PubSub
  jobs: Jobs
  /** The default does nothing. server.ts and worker.ts pass a tracer that is configured by the settings. */
  tracing: Tracing
  clock: Clock
  random: () => number
}

/** Milliseconds since the epoch. */
export type Clock = () => number

/**
 * The database aborts a statement this long after the timeout of a GraphQL operation, so that the client gets the error
 * of the operation and not that of the statement.
 */
const CANCEL_AFTER_MS = 1_000

/** Creates the context of one process. `over` replaces the parts that a test controls: clock, randomness, log. */
export function createAppContext(
  env: Env,
  service: string,
  over: Partial<AppContext> = {},
): AppContext & { close(): Promise<void> } {
  const log = over.log ?? createLog(env.LOG_LEVEL, service)
  const redis = createRedis(env.REDIS_URL, log)
  const core: AppContext = {
    env,
    log,
    requestLog: over.requestLog ?? createRequestLog(env.LOG_LEVEL, service),
    db: createDb(env.DATABASE_URL, {
      max: env.DATABASE_POOL,
      log,
      application: `aetherlink-${service}`,
      // A worker's statements (fan-out, sweeps, pruning) have no timeout, because no client waits for them.
      ...(service === 'api' && { statementTimeoutMs: env.OPERATION_TIMEOUT_MS + CANCEL_AFTER_MS }),
    }),
    redis,
    pubsub: createPubSub({ redisUrl: env.REDIS_URL, prefix: env.REDIS_PREFIX, redis, log }),
    jobs: createJobs({ redisUrl: env.REDIS_URL, prefix: env.REDIS_PREFIX, log }),
    tracing: noTracing,
    clock: Date.now,
    random: Math.random,
    ...over,
  }
  return Object.assign(core, {
    async close() {
      await core.jobs.close()
      core.requestLog.flush()
      core.pubsub.close()
      core.redis.disconnect()
      await Promise.all([core.db.close(), core.tracing.close()])
    },
  })
}
