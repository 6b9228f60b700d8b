import { mkdirSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeServiceHome, serviceAccount } from './account.mjs'
import { canonical } from './paths.mjs'
import { freePort, servicePort } from './ports.mjs'
import { startPostgres } from './postgres.mjs'
import { startRedis } from './redis.mjs'
import { claim, clearLeftovers, sweepTemporary } from './run-state.mjs'
import { loadSecrets } from './secrets.mjs'
import { Steps } from './steps.mjs'

/**
 * @typedef {object} Services
 * @property {string} databaseUrl of a database that the caller migrates; it may not exist yet
 * @property {string} redisUrl
 * @property {string | undefined} home where our own servers have their files; undefined when we started none
 * @property {() => Promise<void>} stop stops what was started here, Redis first. Safe to call twice.
 */

/**
 * Brings up PostgreSQL and Redis with their files under a data directory, side by side. Where DATABASE_URL or REDIS_URL is
 * set, that server is used and none is started.
 *
 * The data directory has to be claimed by the caller (see run-state.mjs), who notes what runs through `record`.
 *
 * @param {{ dataDir: string, anyPort?: boolean, steps?: Steps, record?: (name: string, identity: import('./processes.mjs').Identity) => void }} options
 *   `anyPort`: take free ports instead of the usual ones
 * @returns {Promise<Services>}
 */
export async function startServices({
  dataDir,
  anyPort = false,
  steps = new Steps({ quiet: true }),
  record = () => {},
}) {
  const secrets = loadSecrets(dataDir)
  const logs = join(dataDir, 'logs')
  mkdirSync(logs, { recursive: true })
  /** @type {(() => Promise<void>)[]} */
  const stops = []
  const stop = async () => {
    for (const one of stops.splice(0)) await one()
  }
  const external = { database: process.env.DATABASE_URL, redis: process.env.REDIS_URL }
  const account = external.database && external.redis ? undefined : await serviceAccount(dataDir)

  const database = async () => {
    if (external.database || !account) return external.database ?? ''
    return steps.run('PostgreSQL', async (note) => {
      const port = anyPort
        ? await freePort()
        : await servicePort({ setting: 'POSTGRES_PORT', usual: 5442, what: 'PostgreSQL server' })
      const server = await startPostgres({
        account,
        port,
        password: secrets.POSTGRES_PASSWORD,
        logFile: join(logs, 'postgres.log'),
        record: (identity) => record('postgres', identity),
      })
      stops.push(server.stop) // behind Redis, whichever is up first
      note(`127.0.0.1:${port}${server.created ? ', new cluster' : ''}`)
      return server.url('aetherlink')
    })
  }
  const redis = async () => {
    if (external.redis || !account) return external.redis ?? ''
    return steps.run('Redis', async (note) => {
      const port = anyPort
        ? await freePort()
        : await servicePort({ setting: 'REDIS_PORT', usual: 6390, what: 'Redis server' })
      /** @type {string[]} */
      const said = [`127.0.0.1:${port}`]
      const server = await startRedis({
        account,
        port,
        password: secrets.REDIS_PASSWORD,
        logFile: join(logs, 'redis.log'),
        record: (identity) => record('redis', identity),
        note: (text) => said.push(text),
      })
      stops.unshift(server.stop)
      note(said.join(', '))
      return server.url
    })
  }

  const [databaseUrl, redisUrl] = await Promise.allSettled([database(), redis()])
  if (databaseUrl.status === 'rejected' || redisUrl.status === 'rejected') {
    await stop()
    throw databaseUrl.status === 'rejected'
      ? databaseUrl.reason
      : redisUrl.status === 'rejected'
        ? redisUrl.reason
        : undefined
  }
  return { databaseUrl: databaseUrl.value, redisUrl: redisUrl.value, home: account?.home, stop }
}

/**
 * Services for one run of tests or of the benchmark: on free ports, in a directory of the system's temporary folder that is
 * removed by `stop`. What earlier runs left because they were killed is removed first.
 *
 * @param {{ purpose: string, steps?: Steps }} options `purpose`: a word for the directory's name
 * @returns {Promise<Services & { dataDir: string }>}
 */
export async function startTemporaryServices({ purpose, steps }) {
  await sweepTemporary()
  const dataDir = canonical(await mkdtemp(join(tmpdir(), `aetherlink-${purpose}-`)))
  const run = await claim(dataDir)
  const remove = () => {
    run.release()
    removeServiceHome(dataDir)
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const services = await startServices({ dataDir, anyPort: true, steps, record: run.record })
    return {
      ...services,
      dataDir,
      stop: async () => {
        await services.stop()
        remove()
      },
    }
  } catch (error) {
    await clearLeftovers(dataDir)
    remove()
    throw error
  }
}
