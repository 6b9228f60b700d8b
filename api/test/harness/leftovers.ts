import { Redis } from 'ioredis'
import type { AppContext } from '../../src/app-context.ts'

/**
 * Records calls of console.error, which the product never uses. The returned function stops recording and returns the
 * messages.
 */
export function watchConsole(): () => string[] {
  const notes: string[] = []
  const original = console.error
  const noting = (...args: unknown[]) => {
    notes.push(args.map(String).join(' '))
    original(...args)
  }
  console.error = noting
  return () => {
    if (console.error === noting) console.error = original
    return notes
  }
}

/** Deletes the keys that an app has left in Redis. */
export async function forgetRedis({ env }: AppContext): Promise<void> {
  const redis = new Redis(env.REDIS_URL)
  try {
    for await (const keys of redis.scanStream({ match: `*${env.REDIS_PREFIX}*`, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(...(keys as string[]))
    }
  } finally {
    redis.disconnect()
  }
}
