import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../../../prisma/generated/client/client.ts'
import type { Log } from '../kit/log.ts'

export type { PrismaClient } from '../../../prisma/generated/client/client.ts'

/**
 * PostgreSQL over one pool in two ways: `prisma` for rows that are read and changed one by one, `query` for the hot path and
 * for statements that SQL expresses better. A named statement is planned once per connection.
 */
export interface Db {
  prisma: PrismaClient
  pool: pg.Pool
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[], name?: string): Promise<Row[]>
  /** One connection, which the caller has to release. */
  connect(): Promise<pg.PoolClient>
  /** Runs `work` in one transaction on one connection; rolls back when it throws. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface DbOptions {
  max: number
  log: Log
  application: string
  /** The server cancels a statement that takes longer (57014); no limit when left out. */
  statementTimeoutMs?: number
}

/** Connections that are replaced when they break. */
export function createPool(url: string, options: DbOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: options.application,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    ...(options.statementTimeoutMs !== undefined && { statement_timeout: options.statementTimeoutMs }),
    keepAlive: true,
  })
  // The pool replaces a connection that breaks while idle (a restart of the server); without a listener it would end the process.
  // The error carries the whole client, which belongs in no log.
  pool.on('error', ({ message }) => options.log.warn({ reason: message }, 'an idle database connection broke'))
  // While a connection is checked out the pool does not listen to it. One that breaks between two statements of a transaction
  // would end the process; the next statement rejects instead.
  pool.on('connect', (client) => {
    client.on('error', ({ message }) => options.log.debug({ reason: message }, 'a database connection broke'))
  })
  return pool
}

export function createDb(url: string, options: DbOptions): Db {
  const pool = createPool(url, options)
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: false }) })

  return {
    prisma,
    pool,
    async query<Row extends pg.QueryResultRow>(text: string, values?: unknown[], name?: string) {
      const result = await pool.query<Row>(name ? { name, text, values } : { text, values })
      return result.rows
    },
    connect: () => pool.connect(),
    async transaction(work) {
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        const result = await work(client)
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
        throw error
      }
    },
    async close() {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

/**
 * SQLSTATE classes and driver errors that mean "the server is away, or too slow", not "the statement is wrong". Takes an
 * error of the driver, or the plain object that Prisma's adapter makes of one.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const text = (name: string) => String(Reflect.get(error, name) ?? '')
  return [text('code'), text('originalCode')].some((code) => AWAY_CODE.test(code)) || AWAY_TEXT.test(text('message'))
}

// 57014: cancelled, for time or by an administrator.
const AWAY_CODE = /^(08...|57P0.|57014|53...|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|ENOENT)$/
const AWAY_TEXT =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/
