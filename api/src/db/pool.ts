import { Socket } from 'node:net'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../../../prisma/generated/client/client.ts'
import type { Log } from '../kit/log.ts'
import { rollBack } from './connections.ts'

export type { PrismaClient } from '../../../prisma/generated/client/client.ts'

/**
 * PostgreSQL with two interfaces that share a pool. `prisma` is for simple access to rows; `query` is for frequent
 * statements and for those that are easier to write in SQL. A statement with a name is planned once per connection.
 */
export interface Db {
  prisma: PrismaClient
  pool: ConnectionPool
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[], name?: string): Promise<Row[]>
  /** Returns a connection. The caller must release it. */
  connect(): Promise<pg.PoolClient>
  /** Runs `work` in a transaction on one connection. Rolls back if `work` throws. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/**
 * How long to wait for the answer to a statement after its timeout. If there is none by then, the connection is dead.
 */
const ANSWER_AFTER_TIMEOUT_MS = 2_000

export interface DbOptions {
  max: number
  log: Log
  application: string
  /** The statement timeout in milliseconds (SQLSTATE 57014). No limit by default. */
  statementTimeoutMs?: number
}

/** A connection pool that replaces broken connections. */
export class ConnectionPool extends pg.Pool {
  private readonly sockets: Set<Socket>

  constructor(url: string, options: DbOptions) {
    const sockets = new Set<Socket>()
    super({
      connectionString: url,
      max: options.max,
      application_name: options.application,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 60_000,
      ...(options.statementTimeoutMs !== undefined && {
        statement_timeout: options.statementTimeoutMs,
        query_timeout: options.statementTimeoutMs + ANSWER_AFTER_TIMEOUT_MS,
      }),
      keepAlive: true,
      // A connection sends a statement without waiting for the answer to the previous one; see snapshot.ts.
      pipeline: true,
      stream: () => {
        const socket = new Socket()
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
        return socket
      },
    })
    this.sockets = sockets
    // If a connection breaks while it is idle (for example because the server restarts), the pool replaces it. Without
    // a listener, the error would end the process. The error contains the whole client, which must not be logged.
    this.on('error', ({ message }) => options.log.warn({ reason: message }, 'an idle database connection was lost'))
    // While a connection is in use, the pool does not listen to its errors. If it breaks between two statements of a
    // transaction, the error would end the process. With this listener the next statement rejects instead.
    this.on('connect', (client) => {
      client.on('error', ({ message }) => options.log.debug({ reason: message }, 'a database connection was lost'))
    })
  }

  /**
   * Closes all connections, idle or in use. Their statements reject as if the server had closed the connections. Used
   * after a network interruption: connections that were dropped silently would not report an error for minutes or
   * hours.
   */
  breakConnections(): void {
    for (const socket of this.sockets) socket.destroy(new Error('Connection terminated: the network was interrupted'))
  }
}

export function createDb(url: string, options: DbOptions): Db {
  const pool = new ConnectionPool(url, options)
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
        await rollBack(client)
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
 * Whether an error means that the server is unavailable or too slow, and not that the statement is wrong. Checks the
 * SQLSTATE class and known driver errors. Accepts an error of the driver, or the plain object that Prisma's adapter
 * creates from it.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const text = (name: string) => String(Reflect.get(error, name) ?? '')
  return [text('code'), text('originalCode')].some((code) => AWAY_CODE.test(code)) || AWAY_TEXT.test(text('message'))
}

// 57014 means that the statement was cancelled by a timeout or by an administrator.
const AWAY_CODE = /^(08...|57P0.|57014|53...|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|ENOENT)$/
const AWAY_TEXT =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/
