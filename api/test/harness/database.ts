import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { migrate } from '../../../prisma/migrate.ts'

/** A migrated database for one test file. */
export interface TestDatabase {
  url: string
  /** Drops the database. Rejects with details if a connection to it is still open. */
  drop(): Promise<void>
}

const MIGRATIONS = join(import.meta.dirname, '../../../prisma/migrations')
const TEMPLATE = 'aetherlink_template'

/**
 * Creates a database from a template. The first test file migrates the template. A new template is needed when the
 * migrations change, and each day, because partitions are created for the days around it.
 */
export async function createTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `aetherlink_test_${randomBytes(6).toString('hex')}`
  await withServer(serverUrl, async (server) => {
    await server.query(`SELECT pg_advisory_lock(hashtext($1))`, [TEMPLATE])
    const template = await ensureTemplate(serverUrl, server)
    // The strategy copies files. Copying through the write-ahead log took 16 times as long, and each test file needs at
    // least one database.
    await server.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`)
  })
  return {
    url: urlOf(serverUrl, name),
    drop: () =>
      withServer(serverUrl, async (server) => {
        const left = await openConnections(server, name)
        await server.query(`DROP DATABASE ${name} WITH (FORCE)`)
        if (left.length > 0) throw new Error(`connections were left open: ${left.join('; ')}`)
      }),
  }
}

async function ensureTemplate(serverUrl: string, server: pg.Client): Promise<string> {
  const name = `${TEMPLATE}_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}_${fingerprint()}`
  const { rows } = await server.query<{ datname: string }>('SELECT datname FROM pg_database WHERE datname LIKE $1', [
    `${TEMPLATE}_%`,
  ])
  if (rows.some((row) => row.datname === name)) return name
  // Templates of earlier days are no longer used.
  const today = name.slice(0, TEMPLATE.length + 9)
  for (const { datname } of rows) if (datname < today) await server.query(`DROP DATABASE IF EXISTS ${datname}`)
  // The template is created under a temporary name, so that an interrupted template is never used.
  const making = `${name}_making`
  await server.query(`DROP DATABASE IF EXISTS ${making} WITH (FORCE)`)
  await migrate(urlOf(serverUrl, making))
  await server.query(`ALTER DATABASE ${making} RENAME TO ${name}`)
  return name
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const directory of readdirSync(MIGRATIONS).sort()) {
    if (directory.includes('.')) continue
    hash.update(directory).update(readFileSync(join(MIGRATIONS, directory, 'migration.sql')))
  }
  return hash.digest('hex').slice(0, 12)
}

/** Open connections to a database, except those that are closing. */
async function openConnections(server: pg.Client, name: string): Promise<string[]> {
  for (const deadline = Date.now() + 3_000; ; ) {
    const { rows } = await server.query<{ what: string }>(
      `SELECT application_name || ' ' || state || ': ' || left(query, 80) AS what FROM pg_stat_activity WHERE datname = $1`,
      [name],
    )
    if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.what)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

async function withServer<T>(serverUrl: string, work: (server: pg.Client) => Promise<T>): Promise<T> {
  const server = new pg.Client({ connectionString: urlOf(serverUrl, 'postgres') })
  await server.connect()
  try {
    return await work(server)
  } finally {
    await server.end()
  }
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}
