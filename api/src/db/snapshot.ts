import pg from 'pg'
import { AppError } from '../kit/errors.ts'
import { rollBack } from './connections.ts'
import type { Db } from './pool.ts'
import { createStatementNames } from './statement-names.ts'

/** Runs a statement, on the pool or in a snapshot. */
export type Query = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>

/**
 * Runs a statement in a snapshot. `prepared`: one plan serves all parameters. This is for frequent statements whose best
 * plan does not depend on the parameters, and which read too many partitions to be planned each time.
 */
export type Read = <Row extends pg.QueryResultRow>(
  text: string,
  values?: unknown[],
  options?: { prepared?: boolean },
) => Promise<Row[]>

/** Time limit for one snapshot. A query that cannot use an index must not use a connection for minutes. */
export const READ_LIMIT_MS = 5_000

/**
 * `ranges`: all statements read ranges of indexes, so plans that scan whole partitions are disabled. The planner would
 * choose such plans for a new partition without statistics.
 */
interface ReadOptions {
  ranges?: boolean
  limitMs?: number
}

/** The names of prepared statements with `ranges` and without, because the planner's settings differ. */
const names = {
  ranges: createStatementNames({ prefix: 'range', after: 3, max: 16 }),
  other: createStatementNames({ prefix: 'read', after: 3, max: 16 }),
}

/**
 * Runs statements that all see the same snapshot of the database. A snapshot with one statement needs only one round
 * trip, because the statement is sent directly after BEGIN, and COMMIT is not awaited. When the time limit is reached,
 * the running statement is cancelled and no other starts. The error is QUERY_TOO_COMPLEX with the advice to restrict
 * the filter. JIT is off, because compiling takes longer than these statements.
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
    // Every read waits for `begun`. Without this handler, an error before the first read would end the process.
    begun.catch(() => {})
    const started = performance.now()
    let isGeneric = false
    const useGenericPlans = (generic: boolean) => {
      if (generic === isGeneric) return
      isGeneric = generic
      return client.query(`SET LOCAL plan_cache_mode = ${generic ? 'force_generic_plan' : 'auto'}`)
    }
    const nameOf = ranges ? names.ranges : names.other
    const result = await work(
      async <Row extends pg.QueryResultRow>(
        text: string,
        values?: unknown[],
        { prepared = false }: { prepared?: boolean } = {},
      ) => {
        if (performance.now() - started > limitMs) throw tooLong(limitMs)
        const name = prepared ? nameOf(text) : undefined
        const [, , { rows }] = await Promise.all([
          begun,
          useGenericPlans(name !== undefined),
          client.query<Row>({ name, text, values }),
        ])
        return rows
      },
    )
    // The transaction has only read, so nothing is lost if the commit fails.
    client.query('COMMIT').then(
      () => client.release(),
      () => client.release(true),
    )
    return result
  } catch (error) {
    await rollBack(client)
    if (error instanceof pg.DatabaseError && error.code === QUERY_CANCELED) throw tooLong(limitMs)
    throw error
  }
}

/** The SQLSTATE of a statement that has exceeded statement_timeout. */
const QUERY_CANCELED = '57014'

export const tooLong = (limitMs: number): AppError =>
  new AppError(
    'QUERY_TOO_COMPLEX',
    `the query was cancelled after ${limitMs / 1_000} s because it covers too many rows; narrow it with window, since and until, or another filter`,
  )
