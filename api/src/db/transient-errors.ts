import { isDatabaseUnavailable } from './pool.ts'

/** Prisma error codes for an unreachable database or an exhausted pool (prisma.io/docs, error reference). */
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037'])

/** Error messages of ioredis for commands that fail while Redis is unavailable. */
const REDIS = /Stream isn't writeable|Connection is closed|max retries per request/i

/** Prisma adapter errors for a lost connection without a driver code. */
const ADAPTER = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])

/** Whether an error or its cause means that Postgres or Redis is unavailable: a transient fault, not a bug. */
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
    // Prisma stores the adapter error in `meta.driverAdapterError`, and the driver error in its `cause`.
    [field('cause'), field('meta'), field('driverAdapterError')].some((within) => isTransientError(within, depth + 1))
  )
}
