import { Socket } from 'node:net'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../../../prisma/generated/client/client.ts'
import type { Log } from '../kit/log.ts'

export type { PrismaClient } from '../../../prisma/generated/client/client.ts'

/**
 * PostgreSQL over one pool through two interfaces: `prisma` for simple row access, `query` for hot paths and for
 * statements that are better written in SQL. A named statement is planned once per connection.
 */
export interface Db {
  prisma: PrismaClient
  pool: ConnectionPool
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[], name?: string): Promise<Row[]>
  /** A connection that the caller must release. */
  connect(): Promise<pg.PoolClient>
  /** Runs `work` in a transaction on one connection and rolls back if it throws. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** A statement that the server has not ended this long after its timeout will get no answer: its connection is dead. */
const ANSWER_AFTER_TIMEOUT_MS = 2_000

export interface DbOptions {
  max: number
  log: Log
  application: string
  /** Statement timeout in milliseconds (SQLSTATE 57014); no limit by default. */
  statementTimeoutMs?: number
}

/** A pool that replaces broken connections. */
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
      // A connection sends a statement without waiting for the answer to the one before: see snapshot.ts.
      pipeline: true,
      stream: () => {
        const socket = new Socket()
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
        return socket
      },
    })
    this.sockets = sockets
    // The pool replaces a connection that breaks while idle (a server restart). Without a listener, the error would end
    // the process. The error holds the whole client, which must not be logged.
    this.on('error', ({ message }) => options.log.warn({ reason: message }, 'an idle database connection broke'))
    // While a connection is checked out the pool has no error listener on it. One that breaks between two statements of
    // a transaction would end the process; instead the next statement rejects.
    this.on('connect', (client) => {
      client.on('error', ({ message }) => options.log.debug({ reason: message }, 'a database connection broke'))
    })
  }

  /**
   * Breaks all connections, idle or in use; their statements reject as if the server had gone. For connections that the
   * network has forgotten: they would stay silent for minutes or hours.
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
 * SQLSTATE classes and driver errors that mean "the server is unavailable or too slow", not "the statement is wrong".
 * Accepts a driver error or the plain object that Prisma's adapter makes of one.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const text = (name: string) => String(Reflect.get(error, name) ?? '')
  return [text('code'), text('originalCode')].some((code) => AWAY_CODE.test(code)) || AWAY_TEXT.test(text('message'))
}

// 57014: cancelled by a timeout or an administrator.
const AWAY_CODE = /^(08...|57P0.|57014|53...|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|ENOENT)$/
const AWAY_TEXT =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/
