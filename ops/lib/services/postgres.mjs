import { spawn } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { commandLine, identify, isAlive, run, stopProcess, until } from '../processes/processes.mjs'
import { StepError } from '../steps.mjs'
import { locatePrograms, programsVersion } from './postgres-programs.mjs'

/** @typedef {import('./account.mjs').Account} Account */
/**
 * @typedef {import('../processes/run-state.mjs').Recorder} Recorder called as soon as the process exists, before the server is ready
 */

/** The superuser, which owns the databases. */
const SUPERUSER = 'aetherlink'

/**
 * Settings for a machine that runs other programs too. fsync and synchronous_commit stay on, so that accepted events
 * survive a power failure. Checkpoints are rare, so that a benchmark does not write every page twice.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  effective_cache_size: '2GB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  wal_compression: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  min_wal_size: '512MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  log_timezone: 'UTC',
  timezone: 'UTC',
}

/** Settings for a temporary server, whose data need not survive a power failure. */
const SHORT_LIVED = { fsync: 'off', full_page_writes: 'off' }

/**
 * Starts the PostgreSQL server of a data directory. Creates the cluster if there is none. If a killed start has left a
 * server running, that server is stopped first, and its stale files are removed.
 * @param {{ account: Account, port: number, password: string, logFile: string, record: Recorder, shortLived?: boolean }} options
 *   `shortLived`: the data need not survive a power failure
 * @returns {Promise<{ ended: Promise<void>, url: (database: string) => string, created: boolean, stop: () => Promise<void> }>}
 */
export async function startPostgres({ account, port, password, logFile, record, shortLived = false }) {
  const programs = locatePrograms(account)
  const data = join(account.home, 'postgres')
  const created = !existsSync(join(data, 'PG_VERSION'))
  if (created) await makeCluster(programs, data, account, password)
  checkVersion(programs, data)
  await stopLeftover(data)
  const { identity, ended } = await launch(
    programs,
    data,
    account,
    { ...SETTINGS, ...(shortLived && SHORT_LIVED), port: String(port) },
    logFile,
    record,
  )
  return {
    ended,
    created,
    url: (database) => `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    // SIGINT requests a "fast" shutdown: sessions end and all data is written. After a SIGQUIT, the next start must
    // recover.
    stop: async () => void (await stopProcess(identity, { ask: 'SIGINT', force: 'SIGQUIT' })),
  }
}

/**
 * @param {string} programs
 * @param {string} data
 * @param {Account} account
 * @param {string} password
 */
async function makeCluster(programs, data, account, password) {
  // The cluster is created under a temporary name and then renamed, so that an interrupted initdb leaves nothing that
  // looks like a cluster.
  const draft = `${data}.new`
  rmSync(draft, { recursive: true, force: true })
  rmSync(data, { recursive: true, force: true })
  const passwordFile = join(account.home, 'postgres.password')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (account.owner) chownSync(passwordFile, account.owner.uid, account.owner.gid)
  try {
    await run(
      join(programs, 'bin/initdb'),
      [
        `--pgdata=${draft}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The built-in locale, so that collation and letter case do not depend on the machine's locales.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      { ...account.owner, cwd: account.home, env: serverEnvironment(account), hint: libraryHint() },
    )
    renameSync(draft, data)
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(draft, { recursive: true, force: true })
  }
}

const libraryHint = () =>
  process.platform === 'linux'
    ? 'If a shared library is missing, install it (Debian and Ubuntu: libstdc++6), or set DATABASE_URL to a PostgreSQL that you run.'
    : 'Or set DATABASE_URL to a PostgreSQL that you run.'

/** @param {Account} account */
const serverEnvironment = (account) => ({ PATH: process.env.PATH, HOME: account.home, LC_ALL: 'C', TZ: 'UTC' })

/**
 * @param {string} programs
 * @param {string} data
 */
function checkVersion(programs, data) {
  const is = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  const wants = programsVersion().split('.')[0]
  if (is === wants) return
  throw new StepError(
    `The data in ${data} was written by PostgreSQL ${is}; the server in ${programs} is version ${wants}.`,
    `Dump it with PostgreSQL ${is} (pg_dump), move ${data} away, start again and restore the dump; or set DATABASE_URL to a PostgreSQL ${is} that you run.`,
  )
}

/**
 * Stops a server that still runs on this cluster, and removes a stale pid file. After a reboot or in a new container,
 * another program may have the pid in that file. PostgreSQL would mistake that program for a running server.
 * @param {string} data
 */
async function stopLeftover(data) {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  const who = Number.isInteger(pid) && pid > 0 ? identify(pid) : undefined
  if (who && commandLine(pid).includes(data)) await stopProcess(who, { ask: 'SIGINT', force: 'SIGQUIT' })
  rmSync(file, { force: true })
}

/**
 * @param {string} programs
 * @param {string} data
 * @param {Account} account
 * @param {Record<string, string>} settings
 * @param {string} logFile
 * @param {Recorder} record
 */
async function launch(programs, data, account, settings, logFile, record) {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // Backends of a killed server hold its shared memory until they notice that it has died, which takes moments.
  const deadline = performance.now() + 15_000
  for (;;) {
    const from = existsSync(logFile) ? statSync(logFile).size : 0
    const log = openSync(logFile, 'a', 0o600)
    // The server gets its own session. A Ctrl-C then reaches only this process, which stops everything in order.
    const child = spawn(join(programs, 'bin/postgres'), ['-D', data, ...flags], {
      ...account.owner,
      cwd: account.home,
      env: serverEnvironment(account),
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    const failed = new Promise((resolve) => child.once('error', resolve))
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => child.once('exit', () => resolve()))
    const identity = child.pid === undefined ? undefined : identify(child.pid)
    if (!identity) {
      throw new StepError(
        `PostgreSQL could not be run: ${child.pid === undefined ? await failed : 'it ended at once'}`,
        libraryHint(),
      )
    }
    record(identity)
    const ready = () =>
      existsSync(join(data, 'postmaster.pid')) && /^ready\s*$/m.test(readFileSync(join(data, 'postmaster.pid'), 'utf8'))
    // The recovery of a server that was killed under load may take long, so only an exit of the server is an error.
    await until(() => ready() || !isAlive(identity), 600_000)
    if (isAlive(identity)) return { identity, ended }
    const said = readFileSync(logFile, 'utf8').slice(from).trim()
    if (said.includes('shared memory block') && performance.now() < deadline) continue
    throw new StepError(
      `PostgreSQL did not start:\n${said.split('\n').slice(-12).join('\n')}`,
      `Its log is ${logFile}. ${libraryHint()}`,
    )
  }
}
