import type { Read } from '../../db/snapshot.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { DeliveryQuery } from './delivery-filter.ts'
import { deliveryWhere, instant } from './delivery-where.ts'

/** The latency is computed from this many newest deliveries. Sorting all deliveries would take seconds. */
export const LATENCY_SAMPLE = 2_000
/** The period for which `deliveredPerSecond` is computed. */
const RATE_SECONDS = 60
/**
 * Maximum duration of a request. An attempt that ended within the last minute cannot have started more than this before
 * that minute.
 */
const LONGEST_REQUEST_MS = 120_000

/** Deliveries per second that succeeded within the last minute. */
export async function readRate(read: Read, query: DeliveryQuery): Promise<number> {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const since = query.now - RATE_SECONDS * 1_000
  const attempts = `$${values.push(uuidFloor(since - LONGEST_REQUEST_MS))}::uuid`
  const completed = `$${values.push(instant(since))}::timestamptz`
  // Joins the attempts of the last minutes, which are a short range of ids. The deliveries themselves may have been
  // created days earlier, so their ids do not help.
  const [row] = await read<{ n: number }>(
    `SELECT count(*)::int AS n FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id
     WHERE a.id >= ${attempts} AND a.error_kind IS NULL AND d.status = 'DELIVERED' AND d.completed_at >= ${completed} AND ${where}`,
    values,
    { prepared: true },
  )
  return (row?.n ?? 0) / RATE_SECONDS
}

/**
 * The p95 latency (ms) from publish to delivery, over the newest deliveries that succeeded at the first attempt. Null
 * if there are none.
 */
export async function readLatency(read: Read, query: DeliveryQuery): Promise<number | null> {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const [row] = await read<{ p95: number | null }>(
    `SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS p95 FROM (
       SELECT extract(epoch FROM d.completed_at - d.created_at)::float8 * 1000 AS ms FROM deliveries d
       WHERE d.status = 'DELIVERED' AND d.attempt_count = 1 AND d.replay_of_id IS NULL AND ${where}
       ORDER BY d.changed_at DESC, d.id DESC LIMIT ${LATENCY_SAMPLE}) AS newest`,
    values,
    { prepared: true },
  )
  return row?.p95 ?? null
}
