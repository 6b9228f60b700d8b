import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildWeb, bundle, bundleWebServer, generateClient, generateDocuments } from './build/build.mjs'
import { installPackages } from './build/install.mjs'
import { greet, warnWithoutRedis } from './greeting.mjs'
import { parseOptions } from './options.mjs'
import { has, ROOT } from './paths.mjs'
import { requirePort } from './processes/ports.mjs'
import { abortCommands, run } from './processes/processes.mjs'
import { environment, programs } from './processes/programs.mjs'
import { claim } from './processes/run-state.mjs'
import { Supervised } from './processes/supervise.mjs'
import { together } from './processes/together.mjs'
import { adminKeyFile, loadSecrets, writeSecret } from './secrets.mjs'
import { startServices } from './services/services.mjs'
import { dim, explain, StepError, Steps, say, seconds, yellow } from './steps.mjs'

/** @typedef {import('./options.mjs').Options} Options */
/** @typedef {import('./services/services.mjs').Services} Services */

/** How long a program may take until its first response. */
const SERVE_MS = 60_000

/** Signals closer together than this count as one. */
const ECHO_MS = 1_000

/** Clients are stopped before the servers that they use. */
const STOP_ORDER = ['web', 'api', 'worker', 'receiver']

/**
 * Starts an installation and keeps it running until it is stopped or cannot continue. Then exits the process.
 * @param {string[]} args
 */
export async function main(args) {
  process.stdout.on('error', () => {}) // when the terminal is closed, the installation keeps running
  process.stderr.on('error', () => {})
  try {
    const options = parseOptions(args, process.env)
    if (!options) return
    const installation = new Installation(options)
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
      process.on(signal, () => installation.onSignal())
    const failed = await installation.run()
    process.exit(failed ? 1 : 0)
  } catch (error) {
    explain(error)
    process.exit(1)
  }
}

class Installation {
  /** @type {Map<string, Supervised>} */
  #programs = new Map()
  /** @type {Services | undefined} */
  #services
  /** @type {number | undefined} */
  #interruptedAt
  /** @type {(error?: unknown) => void} */
  #end = () => {}

  /** @param {Options} options */
  constructor(options) {
    this.options = options
    this.steps = new Steps()
    /**
     * Settles when the installation must stop: without a value if that was requested, with an error after a failure.
     */
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /**
   * Requests a stop. A second request stops immediately. A Ctrl-C arrives twice: from the terminal, and forwarded by
   * npm.
   */
  onSignal() {
    const first = this.#interruptedAt
    this.#interruptedAt ??= performance.now()
    if (first !== undefined) {
      if (performance.now() - first < ECHO_MS) return
      say(yellow('Stopping at once.'))
      for (const program of this.#programs.values()) void program.kill()
      return
    }
    say(`\n${dim('Stopping. Requests in progress are finished first; press Ctrl-C again to abort them.')}`)
    abortCommands()
    // Programs that are still starting are killed. Otherwise the stop would wait until they have started.
    for (const program of this.#programs.values()) if (!program.serves) void program.stop()
    this.#end()
  }

  /** Runs the installation until it stops. Returns whether it stopped because of an error, which has been printed. */
  async run() {
    const lock = await claim(this.options.dataDir)
    if (lock.leftovers.length > 0)
      say(dim(`Stopped processes that a killed npm start had left running: ${lock.leftovers.join(', ')}.`))
    /** @type {unknown} */
    let failure
    try {
      await this.#start(lock)
      failure = await this.ended
    } catch (error) {
      if (this.#interruptedAt === undefined) failure = error
    }
    if (failure !== undefined) explain(failure)
    const began = performance.now()
    await this.#stop()
    lock.release()
    if (this.#services) say(dim(`Stopped in ${seconds(began)}.`))
    return failure !== undefined
  }

  /** @param {Awaited<ReturnType<typeof claim>>} lock */
  async #start(lock) {
    const began = performance.now()
    const { dataDir, watch } = this.options
    await requirePorts(this.options)
    const secrets = loadSecrets(dataDir)
    if (!process.env.AETHERLINK_ADMIN_KEY) writeSecret(adminKeyFile(dataDir), `${secrets.AETHERLINK_ADMIN_KEY}\n`)
    await this.steps.run('Packages', async (note) => note(await installPackages()))
    this.#go()

    const services = this.#bringUpServices(lock)
    const backend = async () => {
      const [up] = await together([services, this.#prepareCode()])
      const env = environment(this.options, { ...up, secrets })
      await this.#migrate(up)
      await this.#seed(up, env)
      await together(
        programs(this.options, env)
          .filter(({ name }) => name !== 'web')
          .map((program) => this.#launch(program, lock)),
      )
    }
    const frontend = async () => {
      if (!this.options.parts.includes('web')) return
      await this.steps.run('Typed documents', async (note) => note(buildNote(await generateDocuments())))
      // In development, Next.js builds each page when it is requested.
      const build = watch ? bundleWebServer : buildWeb
      await this.steps.run('Web build', async (note) => note(buildNote(await build())))
      const env = environment(this.options, { ...(await services), secrets })
      for (const program of programs(this.options, env)) if (program.name === 'web') await this.#launch(program, lock)
    }
    await together([backend(), frontend()])
    this.#go()
    greet(this.options, { began, home: this.#services?.home })
    await warnWithoutRedis(this.options)
  }

  /** Throws if a stop has been requested. */
  #go() {
    if (this.#interruptedAt !== undefined) throw new StepError('Interrupted.')
  }

  /** @param {Awaited<ReturnType<typeof claim>>} lock */
  async #bringUpServices(lock) {
    const { dataDir } = this.options
    this.#services = await startServices({
      dataDir,
      steps: this.steps,
      record: lock.record,
      onGivenUp: (error) => this.#end(error),
    })
    this.#go()
    return this.#services
  }

  async #prepareCode() {
    await this.steps.run('Prisma client', async (note) => note(buildNote(await generateClient())))
    await this.steps.run('Bundles', async (note) => note(buildNote(await bundle())))
    this.#go()
  }

  /** @param {Services} services */
  async #migrate({ databaseUrl }) {
    await this.steps.run('Migrations', async (note) => {
      const { migrate } = await import(pathToFileURL(join(ROOT, 'api/dist/migrate.js')).href)
      /** @type {string[]} */
      const applied = await migrate(databaseUrl).catch((/** @type {unknown} */ error) => {
        const hint = process.env.DATABASE_URL
          ? 'DATABASE_URL must name a PostgreSQL 15 or later, with a user that may create tables: postgresql://user:password@host:5432/aetherlink'
          : 'A migration that fails is rolled back: fix it and start again.'
        throw new StepError(`The database could not be migrated: ${reason(error)}`, hint)
      })
      note(applied.length > 0 ? `${applied.length} applied` : 'up to date')
    })
    this.#go()
  }

  /**
   * Fills a database with the demo, once, if this command started the database. The server of DATABASE_URL is left
   * unchanged.
   * @param {Services} services
   * @param {NodeJS.ProcessEnv} env
   */
  async #seed({ created }, env) {
    const mark = join(this.options.dataDir, 'seeded')
    if (created) rmSync(mark, { force: true })
    if (!this.options.seed || process.env.DATABASE_URL || existsSync(mark) || !has('api/dist/seed.js')) return
    await this.steps.run('Demo data', () => run(process.execPath, [join(ROOT, 'api/dist/seed.js')], { cwd: ROOT, env }))
    writeFileSync(mark, '')
    this.#go()
  }

  /**
   * @param {import('./processes/supervise.mjs').Program} program
   * @param {Awaited<ReturnType<typeof claim>>} lock
   */
  async #launch(program, lock) {
    this.#go()
    const supervised = new Supervised(program, {
      record: (identity) => lock.record(program.name, identity),
      onGivenUp: (error) => this.#end(error),
    })
    this.#programs.set(program.name, supervised)
    await this.steps.run(`Start ${program.name}`, async (note) => {
      await supervised.start(SERVE_MS)
      if (program.health) note(new URL(program.health).origin)
    })
  }

  async #stop() {
    abortCommands()
    for (const name of STOP_ORDER) {
      const graceful = await this.#programs.get(name)?.stop()
      if (graceful === false) say(yellow(`The ${name} did not end by itself and was killed.`))
    }
    await this.#services?.stop()
  }
}

const buildNote = (/** @type {boolean} */ stale) => (stale ? '' : 'up to date')

/**
 * The message of an error. An aggregate connection error has no message itself, so those of its parts are used.
 * @param {unknown} error
 * @returns {string}
 */
function reason(error) {
  if (error instanceof AggregateError && !error.message) return [...new Set(error.errors.map(reason))].join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** @param {Options} options */
async function requirePorts({ parts, ports, host }) {
  const wanted = [
    { part: 'api', port: ports.api, setting: 'PORT', what: 'API', host },
    { part: 'web', port: ports.web, setting: 'WEB_PORT', what: 'web', host },
    { part: 'receiver', port: ports.receiver, setting: 'DEMO_RECEIVER_PORT', what: 'demo receiver', host: '127.0.0.1' },
  ].filter(({ part }) => parts.includes(part))
  for (const one of wanted) {
    const twin = wanted.find((other) => other !== one && other.port === one.port)
    if (twin)
      throw new StepError(`${one.setting} and ${twin.setting} are both ${one.port}.`, 'Set them to different ports.')
    await requirePort({ ...one, other: one.port + 1 })
  }
}
