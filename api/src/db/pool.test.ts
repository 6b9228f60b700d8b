import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../test/harness/database.ts'
import { until } from '../../test/harness.ts'
import { createLog } from '../kit/log.ts'
import { createDb, isDatabaseUnavailable } from './pool.ts'

test('a connection that breaks between two statements of a transaction fails that transaction and nothing else', async () => {
  const database = await createTestDatabase(process.env.DATABASE_URL ?? '')
  const db = createDb(database.url, { max: 2, log: createLog('fatal', 'test'), application: 'test' })
  try {
    const failed = db.transaction(async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      await db.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
      const isGone = async () =>
        (await db.query('SELECT FROM pg_stat_activity WHERE pid = $1', [rows[0]?.pid])).length === 0
      await until('the backend is gone', isGone)
      // The socket's messages are read in a turn of their own, while no statement listens for an error.
      await sleep(0)
      await client.query('SELECT 1')
    })
    await expect(failed).rejects.toSatisfy(isDatabaseUnavailable)
    expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  } finally {
    await db.close()
    await database.drop()
  }
})
