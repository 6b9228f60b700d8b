import { existsSync } from 'node:fs'
import { readdir, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { parseEnv, SettingsError } from '../../env.ts'
import { bytes, count, duration, milliseconds } from '../output/text.ts'
import { type Check, clockCheck, failed, good, guarded, warning } from './check.ts'

type Variables = Readonly<Record<string, string | undefined>>

const CONNECT_MS = 5_000
const LEAST_POSTGRES = 15
const LATE_SECONDS = 60
const BUSY_CONNECTIONS = 0.8
const LITTLE_DISK = 0.1
const NO_DISK = 0.02

/** Checks without the API: the settings, PostgreSQL and Redis (if DATABASE_URL and REDIS_URL are set), and disks. */
export async function serverChecks(env: Variables): Promise<Check[]> {
  const { DATABASE_URL, REDIS_URL } = env
  if (!DATABASE_URL && !REDIS_URL) return []
  const [postgres, redis] = await Promise.all([
    DATABASE_URL ? postgresChecks(DATABASE_URL) : [],
    REDIS_URL ? redisChecks(REDIS_URL) : [],
  ])
  return [settingsCheck(env), ...postgres, ...redis, ...(await diskChecks(env))]
}

function settingsCheck(env: Variables): Check {
  try {
    parseEnv({ ...env })
    return good('settings', 'every setting has a usable value')
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    const lines = error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
    const advice = 'correct them (docs/settings.md), or run doctor in the environment of the API'
    const isIncomplete = lines.every((line) => line.includes(' is not set: '))
    return (isIncomplete ? warning : failed)('settings', lines.join('; '), advice)
  }
}

const postgresChecks = (url: string): Promise<Check[]> =>
  guarded(
    'PostgreSQL',
    'check DATABASE_URL, and that the server runs and accepts connections from this machine',
    async () => {
      const client = new pg.Client({
        connectionString: url,
        connectionTimeoutMillis: CONNECT_MS,
        query_timeout: CONNECT_MS,
        application_name: 'aetherlink-doctor',
      })
      client.on('error', () => {})
      await client.connect()
      try {
        return await inspectPostgres(client)
      } finally {
        await client.end()
      }
    },
  )

async function inspectPostgres(client: pg.Client): Promise<Check[]> {
  const began = Date.now()
  const { rows } = await client.query<{
    version: string
    major: number
    now_ms: number
    size: string
    read_only: boolean
    used: number
    allowed: number
    migrated: boolean
  }>(`SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major,
      extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms, pg_database_size(current_database())::text AS size,
      pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS read_only,
      (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
      current_setting('max_connections')::int AS allowed, to_regclass('_prisma_migrations') IS NOT NULL AS migrated`)
  const took = Date.now() - began
  const row = rows[0]!
  const facts = `version ${row.version}, ${bytes(Number(row.size))}, answers in ${milliseconds(took)}`
  const checks: Check[] = [
    row.major < LEAST_POSTGRES
      ? failed('PostgreSQL', facts, `upgrade to PostgreSQL ${LEAST_POSTGRES} or later`)
      : row.read_only
        ? failed('PostgreSQL', `${facts}, read-only`, 'DATABASE_URL must name the primary server')
        : good('PostgreSQL', facts),
    clockCheck('clock of PostgreSQL', row.now_ms, began + took / 2, took),
  ]
  const connections = `${row.used} of ${row.allowed} connections`
  checks.push(
    row.used > row.allowed * BUSY_CONNECTIONS
      ? warning('connections', connections, 'raise max_connections, or lower DATABASE_POOL')
      : good('connections', connections),
  )
  checks.push(await migrationCheck(client, row.migrated))
  if (row.migrated) checks.push(await backlogCheck(client))
  return checks
}

async function migrationCheck(client: pg.Client, hasTable: boolean): Promise<Check> {
  const directory = findUpwards('prisma/migrations')
  if (!hasTable) return failed('migrations', 'the database is empty', 'npm start, or node api/dist/migrate.js')
  if (directory === null) return good('migrations', 'cannot be compared here: there is no prisma/migrations')
  const entries = await readdir(directory, { withFileTypes: true })
  const wanted = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const { rows } = await client.query<{ migration_name: string }>(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  )
  const applied = new Set(rows.map(({ migration_name }) => migration_name))
  const missing = wanted.filter((name) => !applied.has(name))
  if (missing.length > 0)
    return failed('migrations', `not applied: ${missing.join(', ')}`, 'npm start, or node api/dist/migrate.js')
  if (applied.size > wanted.length)
    return warning('migrations', 'the database was migrated by a newer version', 'use the command of that version')
  return good('migrations', `${wanted.length} applied`)
}

async function backlogCheck(client: pg.Client): Promise<Check> {
  const { rows } = await client.query<{ late: string; seconds: number | null }>(
    `SELECT count(*)::text AS late, extract(epoch FROM db_now() - min(wake_at))::float8 AS seconds FROM deliveries
      WHERE wake_at < db_now() - make_interval(secs => $1) AND hold_reason IS NULL`,
    [LATE_SECONDS],
  )
  const { late, seconds } = rows[0]!
  if (seconds === null) return good('due deliveries', 'none waits for a worker')
  return failed(
    'due deliveries',
    `${count(Number(late))} are due but not claimed, the oldest for ${duration(seconds * 1_000)}`,
    'start a worker, or more of them',
  )
}

const redisChecks = (url: string): Promise<Check[]> =>
  guarded('Redis', 'check REDIS_URL, and that the server runs and accepts connections from this machine', async () => {
    const redis = new Redis(url, {
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      commandTimeout: CONNECT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    })
    let lastError: Error | undefined
    redis.on('error', (error) => {
      lastError = error
    })
    try {
      const began = Date.now()
      await redis.connect().catch((error: unknown) => {
        throw lastError ?? error
      })
      await redis.ping()
      const took = Date.now() - began
      const info = new Map(
        (await redis.info()).split(/\r?\n/).map((line) => {
          const [name = '', value = ''] = line.split(':')
          return [name, value] as const
        }),
      )
      const version = info.get('valkey_version') ?? info.get('redis_version') ?? 'unknown'
      const facts = `version ${version}, ${bytes(Number(info.get('used_memory') ?? 0))}, answers in ${milliseconds(took)}`
      const policy = info.get('maxmemory_policy') ?? 'noeviction'
      return [
        policy === 'noeviction'
          ? good('Redis', facts)
          : warning('Redis', `${facts}, evicts keys (${policy})`, 'set maxmemory-policy noeviction: jobs are keys'),
      ]
    } finally {
      redis.disconnect()
    }
  })

/**
 * Checks the disks of this machine to which an installation writes: the archive, and the data of `npm start` in the
 * current folder.
 */
async function diskChecks(env: Variables): Promise<Check[]> {
  const paths = [env.EVENT_ARCHIVE_DIR, '.aetherlink'].filter((path) => path && existsSync(path))
  return Promise.all(paths.map(async (path = '.') => diskCheck(path, await statfs(path))))
}

/**
 * Fails if less than NO_DISK of the space is free, and warns below LITTLE_DISK. `bavail` and `blocks` count blocks of
 * `bsize` bytes.
 */
export function diskCheck(
  path: string,
  { bavail, blocks, bsize }: { bavail: number; blocks: number; bsize: number },
): Check {
  const name = `disk of ${path}`
  const message = `${bytes(bavail * bsize)} of ${bytes(blocks * bsize)} free`
  const advice = 'free space, or shorten the retention: aetherlink retention show'
  if (bavail < blocks * NO_DISK) return failed(name, message, advice)
  return bavail < blocks * LITTLE_DISK ? warning(name, message, advice) : good(name, message)
}

/** Finds a directory of the installation, both from the sources and from the bundle. */
function findUpwards(path: string): string | null {
  for (let at = import.meta.dirname; ; at = dirname(at)) {
    if (existsSync(join(at, path))) return join(at, path)
    if (dirname(at) === at) return null
  }
}
