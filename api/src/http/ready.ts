import type { AppContext } from '../app-context.ts'
import type { Authenticate } from '../identity/authentication.ts'
import { withinTime } from '../kit/within-time.ts'
import { type RequestContext, sendJson } from './request-context.ts'
import type { OpenRoute } from './router.ts'

const LIMIT_MS = 3_000
/** Load balancers poll every few seconds; the write check on PostgreSQL runs no more often than this. */
const WRITE_EVERY_MS = 5_000

/**
 * Fails in the situations in which publishing would fail. Sorting more than `work_mem` writes a temporary file, which
 * a full disk refuses (53100); the message writes to the write-ahead log, which a read-only replica refuses. Neither
 * leaves anything behind.
 */
const WRITE = `BEGIN; SET LOCAL statement_timeout = ${LIMIT_MS}; SET LOCAL work_mem = '64kB'; SET LOCAL temp_tablespaces = '';
  SELECT max(row) FROM (SELECT repeat(md5(i::text), 8) AS row FROM generate_series(1, 2000) AS i ORDER BY 1 OFFSET 0) AS sorted;
  SELECT pg_logical_emit_message(true, 'aetherlink.ready', ''); COMMIT`

interface Component {
  status: 'ok' | 'down'
  latencyMs: number
  /** Reason why it is down. */
  reason?: string
}

/**
 * Whether this process can serve requests: 200, or 503 if PostgreSQL is unavailable, read-only or out of disk space.
 * Redis is only an accelerator: without it the status is "degraded" with 200. Load balancers have no key; the
 * component details are shown only to authenticated callers.
 */
export function ready({ db, redis }: Pick<AppContext, 'db' | 'redis'>, authenticate: Authenticate): OpenRoute {
  let wroteAt = Number.NEGATIVE_INFINITY
  const write = async () => {
    if (performance.now() - wroteAt < WRITE_EVERY_MS) return db.query('SELECT 1')
    const client = await db.connect()
    try {
      await client.query(WRITE)
      wroteAt = performance.now()
      client.release()
    } catch (error) {
      // The transaction is still open.
      client.release(true)
      throw error
    }
  }

  return {
    path: '/ready',
    methods: ['GET'],
    open: true,
    async handle(context) {
      const [postgres, cache] = await Promise.all([check(write), check(() => redis.ping())])
      const status = postgres.status === 'down' ? 'down' : cache.status === 'down' ? 'degraded' : 'ok'
      const isKnown = await hasIdentity(context, authenticate)
      context.res.setHeader('cache-control', 'no-store')
      const shown = isKnown ? { status, components: { postgres, redis: cache } } : { status }
      sendJson(context, status === 'down' ? 503 : 200, shown)
    },
  }
}

/**
 * An unknown key, or one that cannot be checked while the database is unavailable, gets the response without details.
 */
async function hasIdentity(context: RequestContext, authenticate: Authenticate): Promise<boolean> {
  try {
    context.identity = await within(LIMIT_MS, async () => authenticate(context.req.headers))
  } catch {
    return false
  }
  return context.identity !== null
}

async function check(ask: () => Promise<unknown>): Promise<Component> {
  const began = performance.now()
  let failure: unknown
  const up = await within(LIMIT_MS, ask).then(
    () => true,
    (error: unknown) => {
      failure = error
      return false
    },
  )
  const latencyMs = Math.round((performance.now() - began) * 10) / 10
  return up ? { status: 'ok', latencyMs } : { status: 'down', latencyMs, reason: reasonOf(failure) }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === '53100') return 'its disk is full'
  if (code === '55000' || code === '25006') return 'it is read-only'
  return error instanceof TooSlow ? error.message : 'it cannot be reached'
}

class TooSlow extends Error {}

const within = async <Value>(limitMs: number, work: () => Promise<Value>): Promise<Value> =>
  withinTime(work(), limitMs, () => new TooSlow(`it did not answer within ${limitMs / 1_000} s`))
