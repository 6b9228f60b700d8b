import type { ConnectionPool } from '../db/pool.ts'
import { isDatabaseUnavailable } from '../db/pool.ts'
import { type Batcher, createBatcher } from '../kit/batch.ts'
import { appendEntries, type Caller, type Entry } from './entry.ts'

interface Recorded {
  caller: Caller
  entry: Entry
}

/** Limits a statement, because it holds the locks of its chains until it ends. */
const BATCH_MAX = 100

const batchers = new WeakMap<ConnectionPool, Batcher<Recorded, undefined>>()

/**
 * Appends an entry that belongs to no change of the database: of a failure, or of a question to another system.
 * Concurrent entries of a process share a statement and thus one connection. Otherwise each would hold a connection
 * while it waits for its chain, and everything else in the process would wait for connections. Rejects with the
 * database's error.
 */
export async function recordEntry({ db }: { db: { pool: ConnectionPool } }, caller: Caller, entry: Entry) {
  let batcher = batchers.get(db.pool)
  if (!batcher) {
    batcher = createBatcher({ max: BATCH_MAX, lanes: 1, run: (batch) => appendAll(db.pool, batch) })
    batchers.set(db.pool, batcher)
  }
  await batcher({ caller, entry })
}

async function appendAll(
  pool: ConnectionPool,
  batch: readonly Recorded[],
): Promise<Array<undefined | Promise<undefined>>> {
  try {
    await appendEntries(pool, batch)
    return batch.map(() => undefined)
  } catch (error) {
    if (batch.length === 1 || isDatabaseUnavailable(error)) throw error
  }
  // The server rejected one of them. Each is appended alone, so that the others succeed.
  const results: Array<undefined | Promise<undefined>> = []
  for (const one of batch) {
    const appended = appendEntries(pool, [one]).then(() => undefined)
    results.push(appended)
    await appended.catch(() => {})
  }
  return results
}
