import { isUnavailable } from './db.ts'

/** Prisma's codes for a database that cannot be reached, or has no connection to spare (prisma.io/docs, error reference). */
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2037'])

/** What ioredis says while Redis is away and commands fail at once. */
const REDIS = /Stream isn't writeable|Connection is closed|max retries per request/i

/** Whether an error, or what caused it, says that Postgres or Redis is away: a fault that passes, not a bug. */
export function isAway(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (isUnavailable(at) || REDIS.test(at.message)) return true
    if ('code' in at && typeof at.code === 'string' && PRISMA.has(at.code)) return true
    if ('errorCode' in at && typeof at.errorCode === 'string' && PRISMA.has(at.errorCode)) return true
    if (hasAwayMeta(at)) return true
  }
  return false
}

/** Driver adapters hand their own error on under `meta.driverAdapterError.cause`. */
const hasAwayMeta = (error: Error): boolean =>
  'meta' in error &&
  typeof error.meta === 'object' &&
  error.meta !== null &&
  'driverAdapterError' in error.meta &&
  isAway(error.meta.driverAdapterError)
