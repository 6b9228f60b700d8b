import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../api/test/harness/database.ts'

const FUNCTIONS = join(import.meta.dirname, 'functions')
const names = readdirSync(FUNCTIONS).map((file) => file.replace(/\.sql$/, ''))

let database: TestDatabase
let client: pg.Client
beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL ?? '')
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await database?.drop()
})

/** The definitions of the functions with this name: none, one, or several overloads. */
async function definitionsOf(name: string): Promise<string[]> {
  const { rows } = await client.query<{ definition: string }>(
    `SELECT pg_get_functiondef(p.oid) AS definition FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace AND p.proname = $1 ORDER BY p.oid`,
    [name],
  )
  return rows.map(({ definition }) => definition)
}

test('every stored function has its file in prisma/functions, and every file its function', async () => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT p.proname AS name FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
     WHERE p.pronamespace = 'public'::regnamespace AND l.lanname IN ('sql', 'plpgsql') ORDER BY 1`,
  )
  expect(names.toSorted()).toEqual(rows.map(({ name }) => name))
})

test.each(names)('%s of a migrated database is the one of its file', async (name) => {
  const migrated = await definitionsOf(name)
  expect(migrated).toHaveLength(1)
  // The file is executed and its definition read back, so differences in layout outside of the body do not matter.
  await client.query('BEGIN')
  try {
    await client.query(readFileSync(join(FUNCTIONS, `${name}.sql`), 'utf8'))
    expect(migrated).toEqual(await definitionsOf(name))
  } finally {
    await client.query('ROLLBACK')
  }
})
