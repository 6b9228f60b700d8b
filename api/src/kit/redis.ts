import { Redis } from 'ioredis'
import type { Log } from './log.ts'

/**
 * If the server does not answer a command for this long, it counts as unavailable and the connection is replaced.
 * Otherwise commands to a server that hangs would accumulate in memory.
 */
export const SILENCE_MS = 3_000

const REDIS_IS_AWAY =
  'Redis (REDIS_URL) cannot be reached: events are accepted and delivered up to a second later; live pages lag, and tenant limits are not enforced'

/**
 * Creates a Redis connection for commands. While the server is unavailable, commands fail at once. Redis only makes
 * things faster, so every caller must work without it.
 */
export function createRedis(url: string, log: Log): Redis {
  const redis = new Redis(url, {
    retryStrategy: (times) => Math.min(50 * times, 2_000),
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    socketTimeout: SILENCE_MS,
  })
  let isAway = false
  redis.on('error', (error) => {
    if (isAway) return log.debug({ err: error }, 'redis connection')
    isAway = true
    log.warn({ err: error, redis: `${redis.options.host}:${redis.options.port}` }, REDIS_IS_AWAY)
  })
  redis.on('ready', () => {
    if (isAway) log.info('Redis is reachable again')
    isAway = false
  })
  return redis
}
