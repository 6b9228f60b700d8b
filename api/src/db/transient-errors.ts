import { isDatabaseUnavailable } from './pool.ts'

/** Prisma's codes for a database that cannot be reached, or has no connection to spare (prisma.io/docs, error reference). */
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037'])

/** What ioredis says while Redis is away and commands fail at once. */
const REDIS = /Stream isn't writeable|Connection is closed|max retries per request/i

/** What Prisma's adapter calls a connection that is gone, where it does not hand on the driver's code. */
const ADAPTER = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])

/** Whether an error, or what caused it, says that Postgres or Redis is away: a fault that passes, not a bug. */
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
    // Prisma's errors keep what the adapter said under `meta.driverAdapterError`, and that the driver's under `cause`.
    [field('cause'), field('meta'), field('driverAdapterError')].some((within) => isTransientError(within, depth + 1))
  )
}
