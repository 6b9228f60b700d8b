import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser } from './browser.mjs'
import { buildWeb, bundle, generateClient, generateDocuments } from './build/build.mjs'
import { installPackages } from './build/install.mjs'
import { bin, CACHE_DIR, ROOT } from './paths.mjs'
import { endLeaked } from './processes/leaks.mjs'
import { freePort } from './processes/ports.mjs'
import { abortCommands, run } from './processes/processes.mjs'
import { makeTemporary, removeTemporary } from './processes/run-state.mjs'
import { startTemporaryServices } from './services/services.mjs'
import { bold, explain, red, StepError, Steps, say, yellow } from './steps.mjs'

const USAGE = `npm test                  everything: build, lint, types, unit and integration tests, end-to-end tests
npm test -- unit [...]    unit and integration tests alone; what follows is Vitest's: a path, -t NAME
npm test -- e2e [...]     end-to-end tests alone; what follows is Playwright's
npm test -- PATH [...]    the tests of that path, by whichever of the two runs it
npm test -- lint | types  one of the checks alone`

/**
 * The end-to-end tests are split over this many installations that run at the same time: each test waits about as long
 * as it works.
 */
const INSTALLATIONS = 2

/**
 * Runs the test suite on temporary servers. All parts run, even if earlier ones fail. The process fails if any part
 * failed.
 * @param {string[]} args
 */
export async function main(args) {
  const [first = '', ...rest] = args
  if (first === '--help' || first === '-h') return say(USAGE)
  const all = first === ''
  const e2e = first === 'e2e' || first.startsWith('e2e/')
  const named = ['unit', 'e2e', 'lint', 'types'].includes(first)
  const wants = (/** @type {string} */ part) => all || first === part
  const filter = named ? rest : args
  const suite = new Suite()
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => suite.interrupt())
  try {
    await suite.prepare({ browser: all || e2e })
    await suite.check({ lint: wants('lint'), types: wants('types'), web: all || e2e || first === 'types' })
    if (all || first === 'unit' || (!named && !e2e))
      await suite.part('Unit and integration tests', () => suite.vitest(filter))
    if (all || e2e) await suite.part('End-to-end tests', () => suite.playwright(filter))
  } catch (error) {
    if (!suite.interrupted) explain(error)
    process.exit(1)
  }
  for (const what of suite.notTested) say(yellow(`Not tested: ${what}`))
  if (suite.failed.length > 0) say(`\n${red(`Failed: ${suite.failed.join(', ')}.`)}`)
  process.exit(suite.failed.length > 0 || suite.interrupted ? 1 : 0)
}

class Suite {
  steps = new Steps()
  /** @type {string[]} */
  failed = []
  /** Tests that could not run here, with reasons. */
  notTested = new Set()
  interrupted = false

  interrupt() {
    this.interrupted = true
    abortCommands()
  }

  /**
   * Installs packages and the browser at the same time: both wait for the network and the disk.
   * @param {{ browser: boolean }} wanted
   */
  async prepare({ browser }) {
    const { steps } = this
    const packages = steps.run('Packages', async (note) => note(await installPackages()))
    await ended([packages, browser && findBrowser(steps)])
    // Tests start the same programs hundreds of times. With this setting, Node.js 22 and later compile each program
    // once.
    process.env.NODE_COMPILE_CACHE ??= join(CACHE_DIR, 'compiled')
    await steps.run('Prisma client', () => generateClient())
    await steps.run('Typed documents', () => generateDocuments())
    await steps.run('Bundles', () => bundle())
  }

  /**
   * The parts that need no servers run in parallel: none of them uses two cores alone.
   * @param {{ lint: boolean, types: boolean, web: boolean }} wanted
   */
  async check({ lint, types, web }) {
    const { steps } = this
    const site = async () => {
      await steps.run('Web build', () => buildWeb())
      // The type check needs the types that the build generates for the existing pages.
      if (types) await this.attempt('types of the web', () => steps.run('Types of the web', () => checkTypes('web')))
    }
    const code = async () => {
      if (types) await this.attempt('types', () => steps.run('Types', () => checkTypes('.')))
      if (lint)
        await this.attempt('lint', () => steps.run('Lint', () => run(bin('biome'), ['check', '.'], { cwd: ROOT })))
    }
    await ended([web && site(), code()])
  }

  /**
   * @param {string} name
   * @param {() => Promise<unknown>} work
   */
  async part(name, work) {
    if (this.interrupted) return
    say(`\n${bold(name)}`)
    await this.attempt(name.toLowerCase(), work)
  }

  /**
   * @param {string} name
   * @param {() => Promise<unknown>} work
   */
  async attempt(name, work) {
    try {
      await work()
    } catch (error) {
      this.failed.push(name)
      if (error instanceof StepError && !this.interrupted) explain(error)
    }
  }

  /** @param {string[]} filter */
  async vitest(filter) {
    const services = await startTemporaryServices({ purpose: 'test', shortLived: true, steps: this.steps })
    const mark = randomUUID()
    const notes = makeTemporary('notes')
    const notTested = join(notes, 'not-tested')
    const env = {
      ...process.env,
      DATABASE_URL: services.databaseUrl,
      REDIS_URL: services.redisUrl,
      AETHERLINK_TEST_RUN: mark,
      AETHERLINK_NOT_TESTED: notTested,
    }
    try {
      await run(bin('vitest'), ['run', ...filter], { cwd: ROOT, env, show: true })
      const leaked = await endLeaked(mark)
      if (leaked.length > 0)
        throw new StepError(
          `Tests left processes running:\n  ${leaked.join('\n  ')}`,
          'Each test stops what it starts.',
        )
    } finally {
      if (existsSync(notTested))
        for (const line of readFileSync(notTested, 'utf8').trim().split('\n')) this.notTested.add(line)
      await removeTemporary(notes)
      await endLeaked(mark)
      await services.stop()
    }
  }

  /** @param {string[]} filter */
  async playwright(filter) {
    if (!existsSync(join(ROOT, 'e2e')) || !readdirSync(join(ROOT, 'e2e')).some((name) => name.endsWith('.spec.ts')))
      return say('There are none yet.')
    const places = await Promise.all(Array.from({ length: filter.length > 0 ? 1 : INSTALLATIONS }, takePlace))
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...process.env, CHROMIUM: await findBrowser(this.steps), E2E_PLACES: JSON.stringify(places) }
    // The seed adds the demo only to a server started by this command.
    delete env.DATABASE_URL
    delete env.REDIS_URL
    try {
      await run(bin('playwright'), ['test', ...filter], { cwd: ROOT, env, show: true })
    } finally {
      for (const { E2E_DATA_DIR } of places) await removeTemporary(E2E_DATA_DIR)
    }
  }
}

/**
 * Waits until all have ended. If any have failed, throws the error of the first one, because the next steps need all of
 * them.
 * @param {unknown[]} work
 */
async function ended(work) {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/** Reserves ports and a directory for an installation that is tested (see playwright.config.ts). */
async function takePlace() {
  const port = async () => String(await freePort())
  return {
    PORT: await port(),
    WEB_PORT: await port(),
    DEMO_RECEIVER_PORT: await port(),
    OIDC_PORT: await port(),
    E2E_DATA_DIR: makeTemporary('e2e'),
  }
}

/** @param {string} folder folder whose tsconfig.json selects the files to check */
const checkTypes = (folder) => run(bin('tsc'), ['-p', join(folder, 'tsconfig.json'), '--noEmit'], { cwd: ROOT })
