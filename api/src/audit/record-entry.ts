import type { ConnectionPool } from '../db/pool.ts'
import { isDatabaseUnavailable } from '../db/pool.ts'
import { type Batcher, createBatcher } from '../kit/async/batch.ts'
import { appendEntries, type Caller, type Entry } from './entry.ts'

interface Recorded {
  caller: Caller
  entry: Entry
}

/** Maximum number of entries in a statement, which locks their chains until it ends. */
const BATCH_MAX = 100

const batchers = new WeakMap<ConnectionPool, Batcher<Recorded, undefined>>()

/**
 * Appends an entry that belongs to no change in the database, for example about a failure, or about a request to an AI
 * provider. Concurrent entries of a process share a statement and so a connection. Otherwise each would hold a
 * connection while it waits for its chain, and the rest of the process would have to wait for connections. Rejects with
 * the database's error.
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
  // The database rejected one of the entries. Each is appended again by itself, so that the others succeed.
  const results: Array<undefined | Promise<undefined>> = []
  for (const one of batch) {
    const appended = appendEntries(pool, [one]).then(() => undefined)
    results.push(appended)
    await appended.catch(() => {})
  }
  return results
}
