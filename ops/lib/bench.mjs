import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findBrowser } from './browser.mjs'
import { buildWeb, bundle, bundleBareServer, generateClient, generateDocuments } from './build/build.mjs'
import { installPackages } from './build/install.mjs'
import { ROOT } from './paths.mjs'
import { abortCommands } from './processes/processes.mjs'
import { startTemporaryServices } from './services/services.mjs'
import { explain, Steps, say, yellow } from './steps.mjs'

/** Rows that open the console in a browser. */
const CONSOLE_ROWS = ['operators-minute', 'pages']

/** Benchmark rows that restart containers in a separate Docker engine. */
const DOCKER_ROWS = ['heal']

/**
 * Whether the arguments select any of these rows. Arguments without row names select all rows.
 * @param {readonly string[]} args
 * @param {readonly string[]} some
 */
const measures = (args, some) => {
  const rows = args.filter((arg) => /^[a-z]/.test(arg))
  return rows.length === 0 || rows.some((row) => some.includes(row))
}

/**
 * Runs the benchmark on temporary servers. It never uses the database of DATABASE_URL, because it writes millions of
 * rows.
 * @param {string[]} args the arguments of the benchmark
 */
export async function main(args) {
  const steps = new Steps({ stream: process.stderr }) // stdout is reserved for the results
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let bench
  let interrupted = false
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, () => {
      interrupted = true
      abortCommands()
      bench?.kill('SIGTERM')
    })
  }
  try {
    await steps.run('Packages', async (note) => note(await installPackages()))
    await steps.run('Prisma client', () => generateClient())
    await steps.run('Bundles', async () => {
      await bundle()
      await bundleBareServer()
    })
    const program = ['--enable-source-maps', join(ROOT, 'api/dist/bench.js'), ...args]
    // The arguments are checked before any server starts.
    const { status } = spawnSync(process.execPath, [...program, '--check'], { cwd: ROOT, stdio: 'inherit' })
    if (status !== 0 || args.includes('--help')) process.exit(status ?? 1)
    if (measures(args, CONSOLE_ROWS)) {
      process.env.CHROMIUM = await findBrowser(steps)
      await steps.run('Typed documents', () => generateDocuments())
      await steps.run('Web build', () => buildWeb())
    }
    delete process.env.DATABASE_URL
    delete process.env.REDIS_URL
    const services = await startTemporaryServices({ purpose: 'bench', steps })
    const engine = measures(args, DOCKER_ROWS) ? await startEngine(steps) : undefined
    let code = 1
    try {
      const { migrate } = await import(pathToFileURL(join(ROOT, 'api/dist/migrate.js')).href)
      await steps.run('Migrations', () => migrate(services.databaseUrl))
      const env = {
        SECRET_KEY: randomBytes(32).toString('base64'),
        AETHERLINK_ADMIN_KEY: `alk_${randomBytes(32).toString('base64url')}`,
        WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8,::1/128',
        ...process.env,
        DATABASE_URL: services.databaseUrl,
        REDIS_URL: services.redisUrl,
        ...(engine && { BENCH_DOCKER_HOST: engine.host }),
      }
      // The bench gets its own process group, so that it receives a Ctrl-C only once: from the handler above.
      const child = spawn(process.execPath, program, { cwd: ROOT, env, stdio: 'inherit', detached: true })
      bench = child
      if (interrupted) child.kill('SIGTERM')
      code = await new Promise((resolve) => child.once('close', (status) => resolve(status ?? 1)))
    } finally {
      await engine?.stop()
      await services.stop()
    }
    process.exit(interrupted ? 130 : code)
  } catch (error) {
    if (!interrupted) explain(error)
    process.exit(1)
  }
}

/**
 * Starts a separate Docker engine that contains the image BUSYBOX_IMAGE. If none can run here, prints a note and
 * returns undefined: the rows that need the engine are then left out.
 * @param {Steps} steps
 * @returns {Promise<{ host: string, stop: () => Promise<void> } | undefined>}
 */
async function startEngine(steps) {
  const { startDockerEngine } = await import('./images/docker-engine.mjs')
  const { importBusybox } = await import('./images/busybox-image.mjs')
  const { default: Docker } = await import('dockerode')
  const home = mkdtempSync(join(tmpdir(), 'al-dk-'))
  try {
    const engine = await steps.run('Docker engine', () => startDockerEngine({ home }))
    const stop = async () => {
      await engine.stop()
      rmSync(home, { recursive: true, force: true })
    }
    await importBusybox(new Docker({ socketPath: engine.socket }), home).catch(async (error) => {
      await stop()
      throw error
    })
    return { host: `unix://${engine.socket}`, stop }
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    say(yellow(`The rows ${DOCKER_ROWS.join(', ')} are skipped: ${error instanceof Error ? error.message : error}`))
    return undefined
  }
}
