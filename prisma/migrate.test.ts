import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { diffSchemas, introspect } from './engine.ts'
import { migrate } from './migrate.ts'

/**
 * Indexes that Prisma's schema cannot express, so a comparison with schema.prisma always reports them. Partitions and
 * functions are not compared.
 */
const BEYOND_PRISMA = [
  'alert_transitions_due',
  'alerts_by_hand',
  'alerts_open',
  'bulk_replay_items_state',
  'bulk_replay_items_waiting',
  'bulk_replays_running',
  'deliveries_causes',
  'deliveries_expiring',
  'deliveries_limited',
  'deliveries_open',
  'deliveries_recovered',
  'deliveries_replays',
  'deliveries_replays_changed',
  'deliveries_rescues',
  'deliveries_rule',
  'deliveries_unrecovered',
  'deliveries_wake',
  'deliveries_wrong',
  'events_correlation',
  'events_restored',
  'heal_attempts_open_idx',
  'prune_runs_unfinished',
].map((index) => `DROP INDEX "${index}"`)

const server = new URL(process.env.DATABASE_URL ?? '')
const names: string[] = []

/** The URL of a database that does not exist yet, and is dropped after the tests. */
function newDatabase(): string {
  const name = `migrate_test_${process.pid}_${names.length}`
  names.push(name)
  return Object.assign(new URL(server), { pathname: `/${name}` }).href
}

async function query(url: string, text: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text, values)).rows
  } finally {
    await client.end()
  }
}

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'migrate-test-'))
  await cp(join(import.meta.dirname, 'migrations'), directory, { recursive: true })
})

afterAll(async () => {
  const maintenance = Object.assign(new URL(server), { pathname: '/postgres' }).href
  for (const name of names) await query(maintenance, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await rm(directory, { recursive: true })
})

/** The statements that would change the database to match a schema. */
async function differences(url: string, schema: string): Promise<string[]> {
  const preview = 'generator none {\n  provider = "none"\n  previewFeatures = ["partialIndexes"]\n}\n'
  const sql = await diffSchemas(preview + (await introspect(url)), schema)
  return sql
    .split('\n')
    .filter((line) => !line.startsWith('--'))
    .join(' ')
    .split(';')
    .map((statement) => statement.trim().replace(/\s+/g, ' '))
    .filter(Boolean)
}

describe('the migrations and schema.prisma', () => {
  test('agree', async () => {
    const url = newDatabase()
    await migrate(url)
    const schema = await readFile(join(import.meta.dirname, 'schema.prisma'), 'utf8')
    expect((await differences(url, schema)).sort()).toEqual(BEYOND_PRISMA)

    // A column that exists on only one of the two sides is reported.
    const more = schema.replace(/^model Tenant \{$/m, '$&\n  nickname String?')
    expect(await differences(url, more)).toContain('ALTER TABLE "tenants" ADD COLUMN "nickname" TEXT')
    await query(url, 'ALTER TABLE deliveries ADD COLUMN extra TEXT NOT NULL')
    expect(await differences(url, schema)).toContain('ALTER TABLE "deliveries" DROP COLUMN "extra"')
  }, 120_000)
})

describe('migrate', () => {
  test('creates the database, applies everything once, and lets concurrent callers wait', async () => {
    const url = newDatabase()
    const applied = await Promise.all([migrate(url), migrate(url), migrate(url)])
    expect(applied.flat().sort()).toEqual([...new Set(applied.flat())].sort())
    expect(applied.flat()).toContain('20261122000000_init')
    expect(await migrate(url)).toEqual([])

    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')
    const [row] = await query(url, 'SELECT to_regclass($1) AS part', [`events_${today}`])
    expect(row.part).toBe(`events_${today}`)
  })

  test('leaves nothing of a failed migration, and tries it again with the next call', async () => {
    const url = newDatabase()
    const broken = join(directory, '29990101000000_broken')
    await mkdir(broken)
    await writeFile(join(broken, 'migration.sql'), 'CREATE TABLE half (id INT); SELECT 1 / 0;')
    await expect(migrate(url, directory)).rejects.toThrow(
      /29990101000000_broken failed and was rolled back: division by zero/,
    )
    expect(await query(url, `SELECT to_regclass('half') AS half`)).toEqual([{ half: null }])

    await writeFile(join(broken, 'migration.sql'), 'CREATE TABLE half (id INT); SELECT 1;')
    expect(await migrate(url, directory)).toEqual(['29990101000000_broken'])
  })

  test('continues after a process was killed during a migration', async () => {
    const url = newDatabase()
    await migrate(url, directory)
    // The state after such a kill: the migration has a row as started, but none of its changes were applied.
    const name = '29990102000000_cut_off'
    await query(
      url,
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count)
       VALUES (gen_random_uuid()::text, 'x', $1, now(), 0)`,
      [name],
    )
    const dir = join(directory, name)
    await mkdir(dir)
    await writeFile(join(dir, 'migration.sql'), 'CREATE TABLE cut_off (id INT);')
    expect(await migrate(url, directory)).toEqual([name])
    expect(await migrate(url, directory)).toEqual([])
  })
})
