import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser } from './browser.mjs'
import { buildWeb, bundle, generateClient, generateDocuments } from './build/build.mjs'
import { installPackages } from './build/install.mjs'
import { bin, ROOT } from './paths.mjs'
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
 * Runs the test suite on temporary servers. All parts run even if earlier ones fail; the process fails if any part
 * did.
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
    await suite.prepare()
    await suite.check({
      lint: wants('lint'),
      types: wants('types'),
      web: all || e2e || first === 'types',
      browser: all || e2e,
    })
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

  async prepare() {
    const { steps } = this
    await steps.run('Packages', async (note) => note(await installPackages()))
    await steps.run('Prisma client', () => generateClient())
    await steps.run('Typed documents', () => generateDocuments())
    await steps.run('Bundles', () => bundle())
  }

  /**
   * Parts without servers run in parallel: none uses two cores alone, and a browser may be installed meanwhile.
   * @param {{ lint: boolean, types: boolean, web: boolean, browser: boolean }} wanted
   */
  async check({ lint, types, web, browser }) {
    const { steps } = this
    const site = async () => {
      await steps.run('Web build', () => buildWeb())
      // Next.js generates types of the existing pages.
      if (types) await this.attempt('types of the web', () => steps.run('Types of the web', () => checkTypes('web')))
    }
    const code = async () => {
      if (types) await this.attempt('types', () => steps.run('Types', () => checkTypes('.')))
      if (lint)
        await this.attempt('lint', () => steps.run('Lint', () => run(bin('biome'), ['check', '.'], { cwd: ROOT })))
    }
    const ended = await Promise.allSettled([web && site(), code(), browser && findBrowser(steps)])
    const failed = ended.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason // without a web server and a browser the rest is pointless
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
    const dataDir = makeTemporary('e2e')
    const port = async () => String(await freePort())
    /** @type {NodeJS.ProcessEnv} */
    const env = {
      ...process.env,
      CHROMIUM: await findBrowser(this.steps),
      E2E_DATA_DIR: dataDir,
      PORT: await port(),
      WEB_PORT: await port(),
      DEMO_RECEIVER_PORT: await port(),
      OIDC_PORT: await port(),
      POSTGRES_PORT: '0',
      REDIS_PORT: '0',
    }
    // The demo is only added to a server started by this command.
    delete env.DATABASE_URL
    delete env.REDIS_URL
    try {
      await run(bin('playwright'), ['test', ...filter], { cwd: ROOT, env, show: true })
    } finally {
      await removeTemporary(dataDir)
    }
  }
}

/** @param {string} folder whose tsconfig.json says what is looked at */
const checkTypes = (folder) => run(bin('tsc'), ['-p', join(folder, 'tsconfig.json'), '--noEmit'], { cwd: ROOT })
