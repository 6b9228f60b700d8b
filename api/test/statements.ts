import type pg from 'pg'
import type { Db } from '../src/db/pool.ts'

/** A statement, and its result once it is known. */
export interface Statement {
  text: string
  values: readonly unknown[]
  rows?: readonly unknown[]
}

/** Records all statements of a pool, including those that Prisma's adapter sends through the pool's clients. */
export function watchStatements({ pool }: Db): { texts: string[]; statements: Statement[]; stop(): void } {
  const texts: string[] = []
  const statements: Statement[] = []
  let watching = true
  const watched = new WeakSet<pg.PoolClient>()
  const watch = (client: pg.PoolClient) => {
    if (watched.has(client)) return
    watched.add(client)
    const { query } = client
    const noting = (...args: unknown[]): unknown => {
      const answer: unknown = Reflect.apply(query, client, args)
      if (!watching) return answer
      const statement: Statement = { text: textOf(args[0]), values: valuesOf(args) }
      texts.push(statement.text)
      statements.push(statement)
      // A failure is left to the caller.
      if (answer instanceof Promise) {
        answer.then(
          ({ rows }: pg.QueryResult) => Object.assign(statement, { rows }),
          () => {},
        )
      }
      return answer
    }
    Object.defineProperty(client, 'query', { value: noting, configurable: true })
  }
  pool.on('acquire', watch)
  return {
    texts,
    statements,
    stop() {
      watching = false
      pool.off('acquire', watch)
    },
  }
}

const valuesOf = ([query, values]: readonly unknown[]): readonly unknown[] => {
  if (Array.isArray(values)) return values
  const own: unknown = typeof query === 'object' && query !== null ? Reflect.get(query, 'values') : undefined
  return Array.isArray(own) ? own : []
}

const textOf = (query: unknown): string =>
  typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : String(query)
