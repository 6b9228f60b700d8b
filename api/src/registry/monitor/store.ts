import type { PoolClient } from 'pg'
import type { HealthStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'

/** The columns of `services` that checks need. */
export interface MonitoredRow {
  id: string
  name: string
  health_url: string
  status: HealthStatus
  status_since: Date
  probed_status: HealthStatus
  reported_status: HealthStatus
  reported_message: string | null
  pending_status: HealthStatus | null
  pending_count: number
  last_seen: Date
  ttl_seconds: number | null
}

const COLUMNS = `id, name, health_url, status, status_since, probed_status, reported_status,
  reported_message, pending_status, pending_count, last_seen, ttl_seconds`

/**
 * Each interval is longer or shorter by up to this fraction, so that services that started together are not probed
 * together.
 */
const JITTER = 0.1

/**
 * Claims services that are due, by setting the time of their next check: after the interval, with jitter, or when the
 * service's time to live expires, if that is sooner.
 */
const CLAIM = `WITH due AS (
    SELECT id FROM services WHERE next_check_at <= $1 ORDER BY next_check_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE services s SET next_check_at = least(
      $1::timestamptz + $3 * (1 + $4 * (2 * random() - 1)) * interval '1 millisecond',
      CASE WHEN ttl_seconds IS NOT NULL AND last_seen + ttl_seconds * interval '1 second' >= $1::timestamptz
        THEN last_seen + ttl_seconds * interval '1 second' + interval '10 milliseconds' END)
  FROM due WHERE s.id = due.id RETURNING s.id, s.name, s.health_url, s.status, s.status_since, s.probed_status, s.reported_status,
    s.reported_message, s.pending_status, s.pending_count, s.last_seen, s.ttl_seconds`

export const claimDue = ({ db, clock, env }: AppContext, take: number): Promise<MonitoredRow[]> =>
  db.query<MonitoredRow>(
    CLAIM,
    [new Date(clock()).toISOString(), take, env.PROBE_INTERVAL_SECONDS * 1_000, JITTER],
    'services_claim',
  )

/** Locks services and reads their rows. The order of ids prevents deadlocks between two batches. */
export async function lockServices(client: PoolClient, ids: readonly string[]): Promise<MonitoredRow[]> {
  const { rows } = await client.query<MonitoredRow>({
    name: 'services_lock',
    text: `SELECT ${COLUMNS} FROM services WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
    values: [ids],
  })
  return rows
}

/** The changes of a service's row by a check. */
export interface Check {
  id: string
  probedStatus: HealthStatus
  pendingStatus: HealthStatus | null
  pendingCount: number
  status: HealthStatus
  error: string | null
  latencyMs: number | null
  at: Date
  /** Whether a request was sent. If not, the time of the last check and the latency stay as they are. */
  isProbed: boolean
}

const SAVE = `UPDATE services s SET probed_status = c.probed, pending_status = c.pending, pending_count = c.count, last_error = c.error,
    status = c.status, status_since = CASE WHEN s.status = c.status THEN s.status_since ELSE c.at END,
    last_checked_at = CASE WHEN c.is_probed THEN c.at ELSE s.last_checked_at END,
    latency_ms = CASE WHEN c.is_probed THEN c.latency ELSE s.latency_ms END
  FROM unnest($1::uuid[], $2::"HealthStatus"[], $3::"HealthStatus"[], $4::int[], $5::text[], $6::"HealthStatus"[], $7::timestamptz[],
    $8::float8[], $9::bool[]) AS c (id, probed, pending, count, error, status, at, latency, is_probed)
  WHERE s.id = c.id`

export async function saveChecks(client: PoolClient, checks: readonly Check[]): Promise<void> {
  const column = <Value>(pick: (check: Check) => Value) => checks.map(pick)
  await client.query({
    name: 'services_save',
    text: SAVE,
    values: [
      column(({ id }) => id),
      column(({ probedStatus }) => probedStatus),
      column(({ pendingStatus }) => pendingStatus),
      column(({ pendingCount }) => pendingCount),
      column(({ error }) => error),
      column(({ status }) => status),
      column(({ at }) => at.toISOString()),
      column(({ latencyMs }) => latencyMs),
      column(({ isProbed }) => isProbed),
    ],
  })
}

/** How long a service stays registered after its time to live has expired. */
export const REMOVED_AFTER_MS = 86_400_000

/** Maximum number of services that one round removes. */
const MAX_REMOVED = 500

/** Removes services whose time to live expired more than a day ago, and their history. */
export async function removeExpired(client: PoolClient, now: number): Promise<{ name: string; lastSeen: Date }[]> {
  const { rows } = await client.query<{ name: string; lastSeen: Date }>(
    `WITH gone AS (
       DELETE FROM services WHERE id IN (
         SELECT id FROM services WHERE ttl_seconds IS NOT NULL AND last_seen + ttl_seconds * interval '1 second' < $1
         ORDER BY id LIMIT ${MAX_REMOVED} FOR UPDATE SKIP LOCKED) RETURNING id, name, last_seen
     ), history AS (DELETE FROM health_hours WHERE subject IN (SELECT 'service:' || id FROM gone))
     SELECT name, last_seen AS "lastSeen" FROM gone`,
    [new Date(now - REMOVED_AFTER_MS).toISOString()],
  )
  return rows
}
