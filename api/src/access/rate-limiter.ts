import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { withinTime } from '../kit/async/within-time.ts'
import { AppError } from '../kit/errors.ts'
import { createTenantLimits, type Limited, type Rate } from './tenant-rate-limits.ts'

/** The rate limits of tenants, counted in Redis for all processes together. */
export interface RateLimiter {
  /** Whether any tenant has this limit. If none has, no request to Redis is needed. */
  isLimited(what: Limited): boolean
  /**
   * Takes up to `count` tokens from a tenant's bucket. Null if the tenant has no limit: everything is granted. While
   * Redis is unavailable everything is granted.
   */
  take(what: Limited, tenantId: string, count: number): Promise<TokensTaken> | null
  /** Takes a token from the tenant of an identity for one request. Rejects with RATE_LIMITED. */
  admit(identity: Identity): Promise<void> | null
}

export interface TokensTaken {
  granted: number
  /** Milliseconds until the missing tokens are available (at most one full burst); 0 when all were granted. */
  retryAfterMs: number
}

/**
 * A token bucket (https://en.wikipedia.org/wiki/Token_bucket). One script refills the bucket and takes from it, so that
 * two processes never take the same token. Fractions are rounded in favour of the caller. The time is passed by the
 * caller. If the clocks of processes differ, the bucket follows the clock that is ahead, and still refills no faster
 * than its rate. A bucket expires a minute after it is full again.
 */
const TAKE_TOKENS = `
local rate, burst, count, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local was = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(was[1]) or burst, tonumber(was[2]) or now
if now > at then
  tokens = tokens + (now - at) * rate / 1000
  at = now
end
if tokens > burst then tokens = burst end
local granted = math.min(count, math.floor(tokens + 0.00001))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%d', at))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) * 1000 / rate) + 60000)
local rest = math.min(count - granted, burst)
local wait = 0
if rest > 0 then wait = math.max(1, math.ceil((rest - tokens) * 1000 / rate - 0.001)) end
return {granted, wait}`

/** How long to wait for Redis. After that the request is let through: a rate limiter must not cause an outage. */
const PATIENCE_MS = 250
/** Pause before the next request to Redis after a failure. */
const PAUSE_MS = 1_000
const TELL_EVERY_MS = 60_000

export function createRateLimiter(core: AppContext): RateLimiter {
  const limits = createTenantLimits(core)
  let awayUntil = 0
  let toldAt = Number.NEGATIVE_INFINITY

  const ask = async (
    what: Limited,
    tenantId: string,
    { perSecond, burst }: Rate,
    count: number,
  ): Promise<TokensTaken> => {
    const all = { granted: count, retryAfterMs: 0 }
    if (performance.now() < awayUntil) return all
    try {
      const key = `${core.env.REDIS_PREFIX}:budget:${what}:${tenantId}`
      const asked = core.redis.eval(TAKE_TOKENS, 1, key, perSecond, burst, count, Math.floor(core.clock()))
      const [granted, retryAfterMs] = (await withinTime(
        asked,
        PATIENCE_MS,
        () => new Error(`no answer within ${PATIENCE_MS} ms`),
      )) as [number, number]
      return { granted, retryAfterMs }
    } catch (error) {
      awayUntil = performance.now() + PAUSE_MS
      if (performance.now() - toldAt > TELL_EVERY_MS) {
        toldAt = performance.now()
        core.log.warn({ err: error }, 'rate limits of tenants are not enforced: Redis does not answer')
      }
      return all
    }
  }
  const take: RateLimiter['take'] = (what, tenantId, count) => {
    const rate = limits.of(tenantId, what)
    return rate && ask(what, tenantId, rate, count)
  }

  return {
    isLimited: limits.some,
    take,
    admit({ tenantId, narrowed }) {
      // The limit of a tenant must not block an operator who acts for the tenant.
      if (tenantId === null || narrowed) return null
      return (
        take('requests', tenantId, 1)?.then(({ granted, retryAfterMs }) => {
          if (granted === 0) throw rateLimited('requests', tenantId, retryAfterMs)
        }) ?? null
      )
    },
  }
}

const NAMES: Record<Limited, string> = { publish: 'events', requests: 'requests' }

/** The error RATE_LIMITED; `extensions.retryAfterMs` is the time until the next attempt. */
export const rateLimited = (
  what: Limited,
  tenantId: string,
  retryAfterMs: number,
  extensions: Record<string, unknown> = {},
): AppError =>
  new AppError(
    'RATE_LIMITED',
    `tenant ${tenantId} has reached its limit of ${NAMES[what]} per second; try again in ${retryAfterMs} ms`,
    { retryAfterMs, ...extensions },
  )
