import { isDatabaseUnavailable } from './pool.ts'

/**
 * Prisma's error codes for a database that cannot be reached and for a pool without a free connection (prisma.io/docs,
 * error reference).
 */
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037'])

/** ioredis' error messages for commands that fail because Redis is unavailable. */
const REDIS = /Stream isn't writeable|Connection is closed|max retries per request/i

/** Errors of Prisma's adapter for a lost connection that have no driver code. */
const ADAPTER = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])

/** Whether an error or its cause means that PostgreSQL or Redis is temporarily unavailable, so it is not a bug. */
export function isTransientError(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false
  const field = (name: string): unknown => Reflect.get(error, name)
  const text = (name: string) => String(field(name) ?? '')
  return (
    isDatabaseUnavailable(error) ||
    REDIS.test(text('message')) ||
    PRISMA.has(text('code')) ||
    PRISMA.has(text('errorCode')) ||
    ADAPTER.has(text('kind')) ||
    // Prisma stores the error of the adapter in `meta.driverAdapterError`, and the adapter stores the error of the
    // driver in `cause`.
    [field('cause'), field('meta'), field('driverAdapterError')].some((within) => isTransientError(within, depth + 1))
  )
}
