import type { Semaphore } from '../kit/semaphore.ts'
import type { Db, PrismaClient } from './pool.ts'

/**
 * The same database through the same interfaces, with at most as many concurrent connections as the semaphore has
 * permits. `pool` itself stays unlimited, for work that must not wait. Statements inside a transaction must use the
 * transaction's client: through the limited pool they would wait for their own permit.
 */
export function limitConcurrency(db: Db, line: Semaphore): Db {
  return {
    ...db,
    prisma: inLine(db.prisma, line),
    query: (text, values, name) => line.run(() => db.query(text, values, name)),
    transaction: (work) => line.run(() => db.transaction(work)),
    async connect() {
      await line.acquire()
      try {
        const client = await db.connect()
        const { release } = client
        client.release = (error) => {
          client.release = release
          line.release()
          release(error)
        }
        return client
      } catch (error) {
        line.release()
        throw error
      }
    },
  }
}

/** Each call takes a permit: a model method, raw SQL or a whole transaction. */
function inLine(prisma: PrismaClient, line: Semaphore): PrismaClient {
  const models = new Map<string | symbol, object>()
  return new Proxy(prisma, {
    get(client, name) {
      const value: unknown = Reflect.get(client, name)
      if (typeof value !== 'object' || value === null) return calling(client, value, line)
      let model = models.get(name)
      if (!model) {
        model = new Proxy(value, { get: (target, method) => calling(target, Reflect.get(target, method), line) })
        models.set(name, model)
      }
      return model
    },
  })
}

const calling = (target: object, value: unknown, line: Semaphore): unknown =>
  typeof value === 'function'
    ? (...args: unknown[]) => line.run(async () => (await Reflect.apply(value, target, args)) as unknown)
    : value
