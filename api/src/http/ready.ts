import type { AppContext } from '../app-context.ts'
import type { Authenticate } from '../identity/authentication.ts'
import { withinTime } from '../kit/async/within-time.ts'
import { type RequestContext, sendJson } from './request-context.ts'
import type { OpenRoute } from './router.ts'

const LIMIT_MS = 3_000
/** Load balancers poll every few seconds. The check that writes to PostgreSQL runs at most once in this time. */
const WRITE_EVERY_MS = 5_000

/**
 * Fails whenever publishing would fail. Sorting more than `work_mem` writes a temporary file, which fails if the disk
 * is full (53100). The message is written to the write-ahead log, which fails on a read-only replica. Nothing is left
 * behind.
 */
const WRITE = `BEGIN; SET LOCAL statement_timeout = ${LIMIT_MS}; SET LOCAL work_mem = '64kB'; SET LOCAL temp_tablespaces = '';
  SELECT max(row) FROM (SELECT repeat(md5(i::text), 8) AS row FROM generate_series(1, 2000) AS i ORDER BY 1 OFFSET 0) AS sorted;
  SELECT pg_logical_emit_message(true, 'aetherlink.ready', ''); COMMIT`

interface Component {
  status: 'ok' | 'down'
  latencyMs: number
  /** Why the component is down. */
  reason?: string
}

/**
 * Responds whether this process can serve requests: 200, or 503 if PostgreSQL is unavailable, read-only or out of disk
 * space. Redis only makes things faster, so without it the status is 200 with "degraded". Load balancers have no API
 * key, so the response without one contains no details about components.
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
      // The transaction is still open, so the connection is destroyed.
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
 * Whether the request has a valid key. If the key is unknown, or cannot be checked because the database is unavailable,
 * the response contains no details.
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
