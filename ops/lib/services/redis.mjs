import { spawn } from 'node:child_process'
import { chownSync, closeSync, mkdirSync, openSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from '../processes/ports.mjs'
import { identify, isAlive, run, stopProcess, until, which } from '../processes/processes.mjs'
import { StepError } from '../steps.mjs'
import { installPackage } from './system-packages.mjs'

/** @typedef {import('./account.mjs').Account} Account */

/**
 * Starts a Redis on the loopback address, with a password and without persistence. It holds only jobs and
 * notifications, which the worker recreates from PostgreSQL.
 * @param {{ account: Account, port: number, password: string, logFile: string, record: import('../processes/run-state.mjs').Recorder, note?: (text: string) => void }} options
 * @returns {Promise<{ ended: Promise<void>, url: string, stop: () => Promise<void> }>}
 */
export async function startRedis({ account, port, password, logFile, record, note }) {
  const program = findServer(account) ?? (await installServer(account, note))
  const settings = {
    port,
    bind: '127.0.0.1',
    requirepass: password,
    save: '""',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction', // losing jobs would be worse than refusing new ones
    'stop-writes-on-bgsave-error': 'no',
    daemonize: 'no',
    dir: JSON.stringify(account.home), // quoted, because the path may contain spaces
  }
  const log = openSync(logFile, 'a', 0o600)
  // Settings are passed on standard input, because every user can see the arguments of a process.
  const child = spawn(program, ['-'], {
    ...account.owner,
    cwd: account.home,
    stdio: ['pipe', log, log],
    detached: true,
  })
  closeSync(log)
  const failed = new Promise((resolve) => child.once('error', resolve))
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => child.once('exit', () => resolve()))
  child.stdin?.on('error', () => {})
  child.stdin?.end(
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  )
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (!identity)
    throw new StepError(
      `${program} could not be run: ${child.pid === undefined ? await failed : 'it ended at once'}`,
      HINT,
    )
  record(identity)
  const ready = await until(
    async () => !isAlive(identity) || (await ask(port, `AUTH ${password}\r\n`)).startsWith('+OK'),
    30_000,
  )
  if (!ready || !isAlive(identity)) {
    await stopProcess(identity, { graceMs: 1_000 })
    throw new StepError(`${program} did not start; its log is ${logFile}.`, HINT)
  }
  return {
    ended,
    url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    stop: async () => void (await stopProcess(identity, { graceMs: 10_000 })),
  }
}

const HINT =
  'Install Redis 6.2 or later or Valkey, or set REDIS_URL to a server that you run (redis://user:password@host:6379).'

/**
 * @param {Account} account
 * @returns {string | undefined}
 */
function findServer(account) {
  const server = which('redis-server', 'valkey-server')
  if (server) return server
  // The server's executable under another name: the program checks under which name it was called. Debian's redis-tools
  // contains this name, without the service.
  const twin = which('redis-check-rdb', 'valkey-check-rdb')
  if (!twin) return undefined
  const directory = join(account.home, 'bin')
  const link = join(directory, twin.includes('valkey') ? 'valkey-server' : 'redis-server')
  mkdirSync(directory, { recursive: true })
  if (account.owner) chownSync(directory, account.owner.uid, account.owner.gid)
  try {
    symlinkSync(twin, link)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return link
}

/**
 * @param {Account} account
 * @param {((text: string) => void) | undefined} note
 */
async function installServer(account, note) {
  const how = await installPackage({ apt: 'redis-tools', dnf: 'valkey', apk: 'valkey', brew: 'redis' }, 'Redis', HINT)
  const server = findServer(account)
  if (!server) throw new StepError(`${how} succeeded, but installed no redis-server.`, HINT)
  const version = await run(server, ['--version'], { hint: HINT })
  if (!/server/i.test(version)) throw new StepError(`${server} is not a Redis server: ${version.trim()}`, HINT)
  note?.(`installed by ${how}`)
  return server
}
