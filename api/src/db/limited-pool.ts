import type { Semaphore } from '../kit/async/semaphore.ts'
import type { Db, PrismaClient } from './pool.ts'

/**
 * The same database with the same interface, but with a limit on concurrent connections: each needs a permit of the
 * semaphore. `pool` itself is not limited, for work that must not wait. Statements in a transaction must use the
 * transaction's client. Otherwise they would wait for a permit that their own transaction holds.
 */
export function limitConcurrency(db: Db, semaphore: Semaphore): Db {
  return {
    ...db,
    prisma: withPermits(db.prisma, semaphore),
    query: (text, values, name) => semaphore.run(() => db.query(text, values, name)),
    transaction: (work) => semaphore.run(() => db.transaction(work)),
    async connect() {
      await semaphore.acquire()
      try {
        const client = await db.connect()
        const { release } = client
        client.release = (error) => {
          client.release = release
          semaphore.release()
          release(error)
        }
        return client
      } catch (error) {
        semaphore.release()
        throw error
      }
    },
  }
}

/** Makes each call wait for a permit. A call is a method of a model, a raw SQL statement or a whole transaction. */
function withPermits(prisma: PrismaClient, semaphore: Semaphore): PrismaClient {
  const models = new Map<string | symbol, object>()
  return new Proxy(prisma, {
    get(client, name) {
      const value: unknown = Reflect.get(client, name)
      if (typeof value !== 'object' || value === null) return calling(client, value, semaphore)
      let model = models.get(name)
      if (!model) {
        model = new Proxy(value, { get: (target, method) => calling(target, Reflect.get(target, method), semaphore) })
        models.set(name, model)
      }
      return model
    },
  })
}

const calling = (target: object, value: unknown, semaphore: Semaphore): unknown =>
  typeof value === 'function'
    ? (...args: unknown[]) => semaphore.run(async () => (await Reflect.apply(value, target, args)) as unknown)
    : value
