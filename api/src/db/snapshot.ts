import pg from 'pg'
import { AppError } from '../kit/errors.ts'
import type { Db } from './pool.ts'

export type Read = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>

/** How long one reading may take: a question about everything that no index answers must not hold a connection for minutes. */
export const READ_LIMIT_MS = 5_000

/**
 * What a reading may do. `ranges`: all of it is ranges of an index, so that the plans that would read whole partitions, which
 * a planner that knows little of a new partition chooses, are ruled out.
 */
interface ReadOptions {
  ranges?: boolean
  limitMs?: number
}

/**
 * Runs statements that see one state of the database. A statement is given up after the limit, and none begun after it: QUERY_TOO_COMPLEX, which says to
 * narrow the filter. JIT is off: compiling takes longer than these statements do.
 */
export async function snapshot<T>(
  { db }: { db: Db },
  work: (read: Read) => Promise<T>,
  { ranges = false, limitMs = READ_LIMIT_MS }: ReadOptions = {},
): Promise<T> {
  const client = await db.connect()
  try {
    // One round trip: without parameters, pg sends them as one message.
    await client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ${limitMs}; SET LOCAL jit = off` +
        (ranges
          ? '; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL max_parallel_workers_per_gather = 0'
          : ''),
    )
    const started = performance.now()
    const result = await work(async (text, values) => {
      if (performance.now() - started > limitMs) throw tooLong(limitMs)
      return (await client.query(text, values)).rows
    })
    await client.query('COMMIT')
    client.release()
    return result
  } catch (error) {
    // A connection that cannot even roll back is broken: it is destroyed instead of going back to the pool.
    const broken = await client.query('ROLLBACK').then(
      () => false,
      () => true,
    )
    client.release(broken)
    if (error instanceof pg.DatabaseError && error.code === QUERY_CANCELED) throw tooLong(limitMs)
    throw error
  }
}

/** SQLSTATE of a statement that ran into statement_timeout. */
const QUERY_CANCELED = '57014'

export const tooLong = (limitMs: number): AppError =>
  new AppError(
    'QUERY_TOO_COMPLEX',
    `this was given up after ${limitMs / 1_000} s: there is too much to look through; narrow it by window, since and until, or by another filter`,
  )
