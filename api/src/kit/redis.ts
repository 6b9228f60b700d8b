import { Redis } from 'ioredis'
import type { Log } from './log.ts'

/**
 * A server that has said nothing for this long while it owes an answer is away: the connection is given up and made anew.
 * Without that, what is sent to one that hangs piles up in memory.
 */
export const SILENCE_MS = 3_000

const REDIS_IS_AWAY =
  'Redis (REDIS_URL) cannot be reached: events are taken and delivered, up to a second later; live pages lag, and limits of tenants do not hold'

/**
 * A Redis connection for commands. While the server is away commands fail at once: every caller treats Redis as something
 * that makes things faster, and must go on without it.
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
    if (isAway) log.info('Redis can be reached again')
    isAway = false
  })
  return redis
}
