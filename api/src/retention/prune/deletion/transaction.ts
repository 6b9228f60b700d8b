import { setTimeout as sleep } from 'node:timers/promises'
import type { SqlClient } from '../../archive/read-day.ts'

interface Options {
  signal: AbortSignal
  /**
   * How long a statement waits for a lock, in milliseconds. Then its transaction gives up, so that the statements that
   * queue behind it can run.
   */
  lockTimeoutMs: number
  /** The number of times the transaction is tried if it conflicts with a lock or a replay. */
  tries: number
}

/** SQLSTATEs after which another try may succeed: lock not available, serialization failure, deadlock. */
const RETRYABLE = new Set(['55P03', '40001', '40P01'])
const LONGEST_PAUSE_MS = 1_000

/**
 * Runs `work` in a transaction. After a conflict with a lock, pauses and tries again, so that live traffic goes first.
 * A commit does not wait for the disk. If PostgreSQL crashes, the whole transaction may be lost: the rows then exist
 * again, and the next run prunes them.
 */
export async function transaction<T>(
  client: SqlClient,
  { signal, lockTimeoutMs, tries }: Options,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL synchronous_commit = off`)
      const result = await work()
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK')
      if (attempt === tries || !isRetryable(error)) throw error
      await sleep(Math.min(LONGEST_PAUSE_MS, lockTimeoutMs * attempt), undefined, { signal })
    }
  }
}

/**
 * Runs a statement that takes locks within a transaction, and repeats it after a conflict. What the transaction did before
 * is kept.
 */
export async function retryLocked(
  client: SqlClient,
  { signal, lockTimeoutMs, tries }: Options,
  statement: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await client.query('SAVEPOINT before_lock')
    try {
      await client.query(statement)
      return
    } catch (error) {
      await client.query('ROLLBACK TO SAVEPOINT before_lock')
      if (attempt === tries || !isRetryable(error)) throw error
      await sleep(Math.min(LONGEST_PAUSE_MS, lockTimeoutMs * attempt), undefined, { signal })
    }
  }
}

const isRetryable = (error: unknown) => error instanceof Error && 'code' in error && RETRYABLE.has(String(error.code))
