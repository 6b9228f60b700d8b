import type { Redis } from 'ioredis'
import type { Log } from './log.ts'

/**
 * Hints over a Redis list: one command to put one in, one to take it out. A hint says that there is something to look at
 * now; what it is about is found in Postgres without it too, only later. So nothing keeps books on it: it has no state, no
 * lock and no second try, and the oldest are dropped when nobody takes them.
 */
export interface Hints {
  /** Throws while Redis is away. */
  add(name: string, payloads: readonly unknown[]): Promise<void>
  /** Calls `run` with one payload after the other, as JSON parsed; each goes to one taker among all processes. */
  take(name: string, run: (payload: unknown) => Promise<void>): void
  /** How many wait. */
  waiting(name: string): Promise<number>
  /** No more are taken. The connections are their maker's to close. */
  close(): void
}

/** Hints that wait for a worker, of one name. Beyond this the sweep has more than enough to find by itself. */
export const MAX_WAITING = 10_000
const PAUSE_MS = 1_000

export function createHints(options: {
  prefix: string
  log: Log
  /** For commands that are answered at once; rejects while Redis is away. */
  sender: () => Promise<Redis>
  /** A connection of its own for each taker: it waits on its list. */
  taker: () => Redis
  /** A wait is asked for anew after this. */
  blockSeconds: number
}): Hints {
  const { log } = options
  const key = (name: string) => `${options.prefix}:hints:${name}`
  let closed = false

  const takeOne = async (from: Redis, name: string, run: (payload: unknown) => Promise<void>) => {
    const taken = await from.blpop(key(name), options.blockSeconds)
    if (taken) await run(JSON.parse(taken[1]))
  }

  return {
    async add(name, payloads) {
      const sender = await options.sender()
      const waiting = await sender.rpush(key(name), ...payloads.map((payload) => JSON.stringify(payload)))
      if (waiting > MAX_WAITING) await sender.ltrim(key(name), -MAX_WAITING, -1)
    },
    take(name, run) {
      const from = options.taker()
      const loop = async () => {
        while (!closed) {
          try {
            await takeOne(from, name, run)
          } catch (error) {
            if (closed) return
            log.warn({ err: error, hints: name }, 'a hint was not followed; the sweep will find the work')
            await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
          }
        }
      }
      void loop()
    },
    waiting: async (name) => (await options.sender()).llen(key(name)),
    close() {
      closed = true
    },
  }
}
