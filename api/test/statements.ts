import type pg from 'pg'
import type { Db } from '../src/kit/db.ts'

/** Notes the text of every statement that goes through a pool, by whichever door: Prisma's adapter takes clients from it too. */
export function watchStatements({ pool }: Db): { texts: string[]; stop(): void } {
  const texts: string[] = []
  let watching = true
  const watched = new WeakSet<pg.PoolClient>()
  const watch = (client: pg.PoolClient) => {
    if (watched.has(client)) return
    watched.add(client)
    const { query } = client
    const noting = (...args: unknown[]): unknown => {
      if (watching) texts.push(textOf(args[0]))
      return Reflect.apply(query, client, args)
    }
    Object.defineProperty(client, 'query', { value: noting, configurable: true })
  }
  pool.on('acquire', watch)
  return {
    texts,
    stop() {
      watching = false
      pool.off('acquire', watch)
    },
  }
}

const textOf = (query: unknown): string =>
  typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : String(query)
