import type { HealthStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'

/** The result of one check of a subject (a service or a component). It counts for the hour in which it was made. */
export interface Sample {
  subject: string
  at: Date
  status: HealthStatus
  latencyMs: number | null
}

/** The number of checks in a period, and the number of those that found the subject available. */
export interface Availability {
  checks: number
  /** Checks whose result was OK or DEGRADED. */
  available: number
}

export interface HealthBucket {
  start: Date
  ok: number
  degraded: number
  down: number
  latencyAvgMs: number | null
  latencyMaxMs: number | null
}

export const HOUR_MS = 3_600_000
/** How long hours are kept: the longest period of availability, and the present hour. */
const KEPT_MS = 30 * 24 * HOUR_MS + HOUR_MS

export const subjectOf = ({ id }: { id: string }): string => `service:${id}`
export const componentSubject = (name: string): string => `component:${name}`

type Database = Pick<AppContext['db'], 'query'>

const RECORD = `INSERT INTO health_hours AS h (subject, hour, ok, degraded, down, latency_sum_ms, latency_count, latency_max_ms)
  SELECT subject, date_trunc('hour', at, 'UTC'), count(*) FILTER (WHERE status = 'OK'), count(*) FILTER (WHERE status = 'DEGRADED'),
    count(*) FILTER (WHERE status = 'DOWN'), coalesce(sum(latency), 0), count(latency), max(latency)
  FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::float8[]) AS s (subject, at, status, latency)
  GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (subject, hour) DO UPDATE SET ok = h.ok + excluded.ok, degraded = h.degraded + excluded.degraded,
    down = h.down + excluded.down, latency_sum_ms = h.latency_sum_ms + excluded.latency_sum_ms,
    latency_count = h.latency_count + excluded.latency_count, latency_max_ms = greatest(h.latency_max_ms, excluded.latency_max_ms)`

/** Adds checks to the counts of their hours. UNKNOWN results do not count for availability and are left out. */
export async function recordSamples(db: Database, samples: readonly Sample[]): Promise<void> {
  const told = samples.filter(({ status }) => status !== 'UNKNOWN')
  if (told.length === 0) return
  const column = <Value>(pick: (sample: Sample) => Value) => told.map(pick)
  await db.query(
    RECORD,
    [
      column(({ subject }) => subject),
      column(({ at }) => at.toISOString()),
      column(({ status }) => status),
      column(({ latencyMs }) => latencyMs),
    ],
    'health_record',
  )
}

/**
 * The availability of each subject since a time, which is rounded down to the hour. Subjects without checks are left
 * out.
 */
export async function readAvailability(
  db: Database,
  subjects: readonly string[],
  since: Date,
): Promise<Map<string, Availability>> {
  const rows = await db.query<{ subject: string; checks: string; available: string }>(
    `SELECT subject, sum(ok + degraded + down) AS checks, sum(ok + degraded) AS available FROM health_hours
     WHERE subject = ANY ($1::text[]) AND hour >= date_trunc('hour', $2::timestamptz, 'UTC') GROUP BY 1`,
    [subjects, since.toISOString()],
  )
  return new Map(
    rows.map(({ subject, checks, available }) => [subject, { checks: Number(checks), available: Number(available) }]),
  )
}

/**
 * The checks of each subject by hour, for the last `hours` hours including the present one, oldest first. Hours without
 * checks have zeros. `now` is in milliseconds since the epoch.
 */
export async function readHours(
  db: Database,
  subjects: readonly string[],
  hours: number,
  now: number,
): Promise<Map<string, HealthBucket[]>> {
  const first = Math.floor(now / HOUR_MS) * HOUR_MS - (hours - 1) * HOUR_MS
  const rows = await db.query<HealthBucket & { subject: string }>(
    `SELECT subject, hour AS start, ok, degraded, down, latency_sum_ms / nullif(latency_count, 0) AS "latencyAvgMs",
       latency_max_ms AS "latencyMaxMs"
     FROM health_hours WHERE subject = ANY ($1::text[]) AND hour >= $2`,
    [subjects, new Date(first).toISOString()],
  )
  const buckets = new Map(rows.map(({ subject, ...bucket }) => [`${subject} ${bucket.start.getTime()}`, bucket]))
  const hoursOf = (subject: string) =>
    Array.from({ length: hours }, (_, i) => {
      const start = first + i * HOUR_MS
      return buckets.get(`${subject} ${start}`) ?? { start: new Date(start), ...NO_CHECKS }
    })
  return new Map(subjects.map((subject) => [subject, hoursOf(subject)]))
}

const NO_CHECKS = { ok: 0, degraded: 0, down: 0, latencyAvgMs: null, latencyMaxMs: null }

/** Deletes hours that are older than any period. */
export async function pruneHistory(db: Database, now: number): Promise<void> {
  await db.query('DELETE FROM health_hours WHERE hour < $1', [new Date(now - KEPT_MS).toISOString()])
}
