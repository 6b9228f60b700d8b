import { startTemporaryServices } from '../../ops/lib/services/services.mjs'

/**
 * Starts the servers that all test files share: PostgreSQL and Redis of DATABASE_URL and REDIS_URL, or temporary
 * servers, which end with the run. Test files find both URLs in their environment, and create their own databases (see
 * database.ts).
 */
export default async function setup(): Promise<() => Promise<void>> {
  const services = await startTemporaryServices({ purpose: 'test', shortLived: true })
  process.env.DATABASE_URL = services.databaseUrl
  process.env.REDIS_URL = services.redisUrl
  return services.stop
}
