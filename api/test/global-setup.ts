import { startTemporaryServices } from '../../ops/lib/services.mjs'

/**
 * Brings up what every test file shares: PostgreSQL and Redis, as DATABASE_URL and REDIS_URL name them, or else of our own
 * in a temporary directory that goes with the run. Test files find both URLs in their environment, and make databases of
 * their own on that server (see database.ts).
 */
export default async function setup(): Promise<() => Promise<void>> {
  const services = await startTemporaryServices({ purpose: 'test', shortLived: true })
  process.env.DATABASE_URL = services.databaseUrl
  process.env.REDIS_URL = services.redisUrl
  return services.stop
}
