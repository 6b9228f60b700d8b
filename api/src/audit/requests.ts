import type { AppContext } from '../app-context.ts'
import type { RequestLog } from '../http/request-log.ts'
import { createSingleFlight } from '../kit/async/single-flight.ts'

/** Logs each finished request, and counts requests in the database. */
export interface Requests extends RequestLog {
  /** Writes the counts of this process that are not in the database yet. */
  flush(): Promise<void>
  close(): Promise<void>
}

interface Figure {
  tenantId: string
  operation: string
  status: number
  count: number
}

/** How often counts are written. If the process is killed, the counts since the last write are lost. */
const FLUSH_MS = 2_000
const DAY_MS = 86_400_000

const ADD = `INSERT INTO audit_request_stats AS s (tenant_id, day, operation, status, count)
  SELECT u.tenant, $1::date, u.operation, u.status, u.n
  FROM unnest($2::text[], $3::text[], $4::int[], $5::bigint[]) AS u(tenant, operation, status, n)
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (tenant_id, day, operation, status) DO UPDATE SET count = s.count + excluded.count`

/** Operations beyond the limit are counted together under this name. */
const OTHER = 'other'

export function createRequests(core: Pick<AppContext, 'env' | 'db' | 'clock' | 'log' | 'requestLog'>): Requests {
  const limit = core.env.AUDIT_BUFFER_LIMIT
  const isLogged = core.env.REQUEST_LOG
  let figures = new Map<string, Figure>()
  // Tenants that have counts today. Each of them needs rows, so their number is limited.
  let tenants = new Set<string>()
  let day = 0

  const count = (tenant: string, operation: string, status: number, n: number) => {
    const tenantId = tenants.has(tenant) || tenants.size < limit ? tenant : ''
    tenants.add(tenantId)
    const key = `${tenantId}\0${operation}\0${status}`
    const figure = figures.get(key)
    if (figure) figure.count += n
    else if (figures.size < limit || operation === OTHER) figures.set(key, { tenantId, operation, status, count: n })
    else count('', OTHER, status, n)
  }

  const write = async () => {
    const rows = [...figures.values()]
    if (rows.length === 0) return
    figures = new Map()
    const today = Math.floor(core.clock() / DAY_MS)
    if (today !== day) tenants = new Set()
    day = today
    try {
      await core.db.query(
        ADD,
        [
          new Date(today * DAY_MS).toISOString().slice(0, 10),
          rows.map(({ tenantId }) => tenantId),
          rows.map(({ operation }) => operation),
          rows.map(({ status }) => status),
          rows.map((row) => row.count),
        ],
        'add_requests',
      )
    } catch (error) {
      core.log.warn({ err: error }, 'request statistics were not written; the next write includes them')
      for (const { tenantId, operation, status, count: n } of rows) count(tenantId, operation, status, n)
    }
  }
  const writes = createSingleFlight(write)
  const flush = writes.run
  const timer = setInterval(() => void flush(), FLUSH_MS).unref()

  return {
    done({ method, path, operation, status, identity, clientIp, requestId, traceId, durationMs }) {
      // An unbound identity can name any tenant by X-Tenant-ID, which must not create rows for that tenant.
      count(identity?.narrowed ? '' : (identity?.tenantId ?? ''), operation, status, 1)
      if (!isLogged) return
      core.requestLog.info({
        method,
        path,
        operation,
        status,
        roles: identity?.roles ?? [],
        actor: identity?.id ?? null,
        tenant: identity?.tenantId ?? null,
        client_ip: clientIp,
        request_id: requestId,
        ...(traceId !== null && { trace_id: traceId }),
        duration_ms: Math.round(durationMs * 10) / 10,
      })
    },
    flush,
    async close() {
      clearInterval(timer)
      await writes.current
      await flush()
    },
  }
}
