import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { TestApp } from '../harness.ts'

/** Locks a table until the returned function is called, or until the test is over. */
export async function lockTable(app: TestApp, table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: app.core.env.DATABASE_URL })
  await client.connect()
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
  let ended: Promise<void> | undefined
  const end = () => {
    ended ??= client.end()
    return ended
  }
  onTestFinished(end)
  return end
}
