import type { AppContext } from '../app-context.ts'
import { sendJson } from './request-context.ts'
import type { GuardedRoute } from './router.ts'

const LIMIT_MS = 3_000

/** Whether the servers that requests depend on answer, each with the time it took: 200 when all do, else 503. */
export const ready = ({ db, redis }: Pick<AppContext, 'db' | 'redis'>): GuardedRoute => ({
  path: '/ready',
  methods: ['GET'],
  async handle(exchange) {
    const [postgres, cache] = await Promise.all([check(() => db.query('SELECT 1')), check(() => redis.ping())])
    const ok = postgres.status === 'ok' && cache.status === 'ok'
    sendJson(exchange, ok ? 200 : 503, { status: ok ? 'ok' : 'down', components: { postgres, redis: cache } })
  },
})

async function check(ask: () => Promise<unknown>): Promise<{ status: 'ok' | 'down'; latencyMs: number }> {
  const began = performance.now()
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), LIMIT_MS)
  })
  const up = await Promise.race([ask(), limit]).then(
    () => true,
    () => false,
  )
  clearTimeout(timer)
  return { status: up ? 'ok' : 'down', latencyMs: Math.round((performance.now() - began) * 10) / 10 }
}
