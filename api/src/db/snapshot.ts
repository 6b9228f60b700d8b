import pg from 'pg'
import { AppError } from '../kit/errors.ts'
import type { Db } from './pool.ts'

export type Read = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>

/** Time limit of one snapshot read: a query that no index answers must not hold a connection for minutes. */
export const READ_LIMIT_MS = 5_000

/**
 * Options of a snapshot. `ranges`: all statements read index ranges, so plans that scan whole partitions are
 * disabled; the planner would choose them for new partitions without statistics.
 */
interface ReadOptions {
  ranges?: boolean
  limitMs?: number
}

/**
 * Runs statements in one snapshot of the database. A read of one statement takes one round trip: the statement is sent
 * right behind BEGIN, and the caller does not wait for COMMIT. After the time limit, the running statement is cancelled and no
 * further one starts: QUERY_TOO_COMPLEX, which suggests narrowing the filter. JIT is off, because compiling takes
 * longer than these statements.
 */
export async function snapshot<T>(
  { db }: { db: Db },
  work: (read: Read) => Promise<T>,
  { ranges = false, limitMs = READ_LIMIT_MS }: ReadOptions = {},
): Promise<T> {
  const client = await db.connect()
  try {
    const begun = client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ${limitMs}; SET LOCAL jit = off` +
        (ranges
          ? '; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL max_parallel_workers_per_gather = 0'
          : ''),
    )
    // Each read awaits it; without this, one that fails before the first read would end the process.
    begun.catch(() => {})
    const started = performance.now()
    const result = await work(async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => {
      if (performance.now() - started > limitMs) throw tooLong(limitMs)
      const [, { rows }] = await Promise.all([begun, client.query<Row>(text, values)])
      return rows
    })
    // A transaction that only read loses nothing.
    client.query('COMMIT').then(
      () => client.release(),
      () => client.release(true),
    )
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

/** SQLSTATE of a statement that exceeded statement_timeout. */
const QUERY_CANCELED = '57014'

export const tooLong = (limitMs: number): AppError =>
  new AppError(
    'QUERY_TOO_COMPLEX',
    `the query was cancelled after ${limitMs / 1_000} s because it covers too many rows; narrow it with window, since and until, or another filter`,
  )
