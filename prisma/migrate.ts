import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { readMigrations, ScriptError, withEngine } from './engine.ts'

/** Days around today (UTC) for which a migration creates partitions; the worker creates later ones. */
const PARTITIONS = { back: 1, ahead: 8 }

/** `prisma/migrations` relative to this file and to its bundle in `api/dist`. */
const DIRECTORY = [join(import.meta.dirname, 'migrations'), join(import.meta.dirname, '../../prisma/migrations')].find(
  (path) => existsSync(path),
)

/**
 * Migrates a database to the newest version and creates the partitions of the next days. Creates the database if it
 * is missing. Interchangeable with `prisma migrate deploy`, which uses the same table and checksums but downloads an
 * engine. Concurrent callers, in any process, run one after another.
 *
 * Returns the names of the applied migrations in order. Throws errors of PostgreSQL or Prisma's engine; a failed
 * migration is rolled back and retried by the next call.
 */
export async function migrate(databaseUrl: string, directory = DIRECTORY): Promise<string[]> {
  if (!directory) throw new Error(`No prisma/migrations beside ${import.meta.dirname}: the installation is incomplete.`)
  await createDatabase(databaseUrl)
  const client = new pg.Client({ connectionString: databaseUrl })
  // If the connection breaks while the engine migrates, the next statement rejects. Without a listener for the error,
  // the process would end instead.
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(`SELECT pg_advisory_lock(hashtext('aetherlink.migrate'))`)
    const wanted = await migrationNames(directory)
    const applied = (await isCurrent(client, wanted))
      ? []
      : await applyMigrations(databaseUrl, client, directory, wanted)
    await client.query(
      `SELECT ensure_partitions(today - $1::int, today + $2::int)
      FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS today) AS t`,
      [PARTITIONS.back, PARTITIONS.ahead],
    )
    return applied
  } finally {
    await client.end()
  }
}

async function applyMigrations(databaseUrl: string, client: pg.Client, directory: string, wanted: string[]) {
  await forgetInterrupted(client)
  const migrationsList = await readMigrations(directory, wanted)
  const filters = { externalTables: [], externalEnums: [] }
  const { appliedMigrationNames } = await withEngine(databaseUrl, (engine) =>
    engine.applyMigrations({ migrationsList, filters }),
  ).catch((error: unknown) => {
    if (!(error instanceof ScriptError)) throw error
    const failed = migrationsList.migrationDirectories.find(
      ({ migrationFile }) => migrationFile.content.value === error.script,
    )
    throw new Error(`Migration ${failed?.path} failed and was rolled back: ${error.message}`, { cause: error })
  })
  return appliedMigrationNames
}

async function migrationNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

/** Whether all migrations are recorded as finished. This avoids loading the engine when there is nothing to do. */
async function isCurrent(client: pg.Client, wanted: string[]): Promise<boolean> {
  const table = await client.query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`)
  if (!table.rows[0].there) return false
  const missing = await client.query(
    `SELECT FROM unnest($1::text[]) AS name WHERE NOT EXISTS (SELECT FROM _prisma_migrations AS m
       WHERE m.migration_name = name AND m.finished_at IS NOT NULL AND m.rolled_back_at IS NULL)
     UNION ALL SELECT FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL`,
    [wanted],
  )
  return missing.rowCount === 0
}

/**
 * Marks unfinished migrations as rolled back. They are rolled back: a migration and the completion of its row are one
 * transaction. Prisma refuses to continue while there are unfinished rows (P3009), so no migration could run after a
 * kill. 72707369 is the key of the advisory lock of Prisma's own engine: rows of a running `prisma migrate deploy` are
 * left unchanged.
 */
async function forgetInterrupted(client: pg.Client): Promise<void> {
  const table = await client.query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`)
  if (!table.rows[0].there) return
  await client.query('BEGIN')
  await client.query('SELECT pg_advisory_xact_lock(72707369)')
  await client.query(
    'UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL',
  )
  await client.query('COMMIT')
}

/** Creates the database of the URL, through the maintenance database `postgres`, if it does not exist. */
async function createDatabase(databaseUrl: string): Promise<void> {
  const probe = new pg.Client({ connectionString: databaseUrl })
  try {
    await probe.connect()
    return
  } catch (error) {
    if (!isPostgresError(error, '3D000')) throw error
  } finally {
    await probe.end()
  }
  const url = new URL(databaseUrl)
  const name = decodeURIComponent(url.pathname.slice(1))
  url.pathname = '/postgres'
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  } catch (error) {
    // 42P04 and 23505: another caller has created it meanwhile.
    if (!isPostgresError(error, '42P04') && !isPostgresError(error, '23505')) throw error
  } finally {
    await client.end()
  }
}

const isPostgresError = (error: unknown, code: string) => error instanceof pg.DatabaseError && error.code === code

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const url = process.env.DATABASE_URL
  if (!url) {
    console.error(
      'DATABASE_URL is not set. It names the database to migrate: postgresql://user:password@host:5432/aetherlink',
    )
    process.exit(1)
  }
  const applied = await migrate(url)
  console.log(applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply')
}
