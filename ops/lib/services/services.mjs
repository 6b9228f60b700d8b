import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, servicePort } from '../processes/ports.mjs'
import { claim, makeTemporary, removeTemporary, sweepTemporary } from '../processes/run-state.mjs'
import { loadSecrets } from '../secrets.mjs'
import { StepError, Steps, say, yellow } from '../steps.mjs'
import { serviceAccount } from './account.mjs'
import { startPostgres } from './postgres.mjs'
import { startRedis } from './redis.mjs'
import { Kept } from './restarting-server.mjs'

/**
 * @typedef {object} Services
 * @property {string} databaseUrl URL of a database that the caller migrates; the database may not exist yet
 * @property {string} redisUrl
 * @property {string | undefined} home directory of the servers started here; undefined if none was started
 * @property {boolean} created whether a database server was started here, with a new cluster
 * @property {() => Promise<void>} stop stops the servers started here, Redis first; may be called twice
 */

/**
 * Starts PostgreSQL and Redis in parallel, with their files in a data directory, and restarts them when they die. If
 * DATABASE_URL or REDIS_URL is set, that server is used instead.
 *
 * The caller must have claimed the data directory (see run-state.mjs), and records processes through `record`.
 * @param {object} options
 * @param {string} options.dataDir
 * @param {boolean} [options.anyPort] use any free ports instead of the usual ones
 * @param {boolean} [options.shortLived] the data need not survive a power failure
 * @param {Steps} [options.steps]
 * @param {(name: string, identity: import('../processes/processes.mjs').Identity) => void} [options.record]
 * @param {(error: unknown) => void} [options.onGivenUp] called if a server has died so often that it is not restarted again
 * @returns {Promise<Services>}
 */
export async function startServices({
  dataDir,
  anyPort = false,
  shortLived = false,
  steps,
  record = () => {},
  onGivenUp = () => {},
}) {
  const shown = steps ?? new Steps({ quiet: true })
  const secrets = loadSecrets(dataDir)
  const logs = join(dataDir, 'logs')
  mkdirSync(logs, { recursive: true })
  const external = { database: process.env.DATABASE_URL, redis: process.env.REDIS_URL }
  const account = external.database && external.redis ? undefined : await serviceAccount(dataDir)

  const watch = (/** @type {string} */ what, /** @type {string} */ logFile) => ({
    died: (/** @type {number} */ pause) =>
      say(yellow(`${what} died; it is restarted in ${pause / 1000} s. Its log is ${logFile}.`)),
    givenUp: (/** @type {unknown} */ error) =>
      onGivenUp(error ?? new StepError(`${what} dies repeatedly.`, `Its log is ${logFile}.`)),
  })

  /** @type {Kept<Awaited<ReturnType<typeof startPostgres>>> | undefined} */
  let postgres
  const database = async () => {
    if (external.database || !account) return { url: external.database ?? '', created: false }
    return shown.run('PostgreSQL', async (note) => {
      const port = anyPort
        ? await freePort()
        : await servicePort({ setting: 'POSTGRES_PORT', usual: 5442, what: 'PostgreSQL server' })
      const logFile = join(logs, 'postgres.log')
      const options = {
        account,
        port,
        password: secrets.POSTGRES_PASSWORD,
        logFile,
        shortLived,
        record: record.bind(null, 'postgres'),
      }
      postgres = new Kept(() => startPostgres(options), watch('PostgreSQL', logFile))
      const { url, created } = await postgres.start()
      note(`127.0.0.1:${port}${created ? ', new cluster' : ''}`)
      return { url: url('aetherlink'), created }
    })
  }

  /** @type {Kept<Awaited<ReturnType<typeof startRedis>>> | undefined} */
  let redis
  const cache = async () => {
    if (external.redis || !account) return external.redis ?? ''
    return shown.run('Redis', async (note) => {
      const port = anyPort
        ? await freePort()
        : await servicePort({ setting: 'REDIS_PORT', usual: 6390, what: 'Redis server' })
      const logFile = join(logs, 'redis.log')
      const said = [`127.0.0.1:${port}`]
      const more = (/** @type {string} */ text) => void said.push(text)
      const options = {
        account,
        port,
        password: secrets.REDIS_PASSWORD,
        logFile,
        record: record.bind(null, 'redis'),
        note: more,
      }
      redis = new Kept(() => startRedis(options), watch('Redis', logFile))
      const { url } = await redis.start()
      note(said.join(', '))
      return url
    })
  }

  const stop = async () => {
    await redis?.stop()
    await postgres?.stop()
  }
  const [first, second] = await Promise.allSettled([database(), cache()])
  if (first.status === 'fulfilled' && second.status === 'fulfilled') {
    return {
      databaseUrl: first.value.url,
      created: first.value.created,
      redisUrl: second.value,
      home: account?.home,
      stop,
    }
  }
  await stop()
  throw first.status === 'rejected' ? first.reason : second.status === 'rejected' ? second.reason : undefined
}

/**
 * Starts services for one run of tests or of the benchmark, on free ports and in a temporary directory. `stop` removes
 * the directory. What killed runs have left is removed first.
 * @param {{ purpose: string, shortLived?: boolean, steps?: Steps }} options `purpose`: a word for the directory's name
 * @returns {Promise<Services & { dataDir: string }>}
 */
export async function startTemporaryServices({ purpose, shortLived, steps }) {
  await sweepTemporary()
  const dataDir = makeTemporary(purpose)
  try {
    const run = await claim(dataDir)
    const services = await startServices({ dataDir, anyPort: true, shortLived, steps, record: run.record })
    const stop = async () => {
      await services.stop()
      await removeTemporary(dataDir)
    }
    return { ...services, dataDir, stop }
  } catch (error) {
    await removeTemporary(dataDir)
    throw error
  }
}
