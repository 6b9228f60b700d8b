import { publicId } from '../../src/kit/ids.ts'
import { until } from '../harness.ts'
import type { Receiver } from '../servers/receivers.ts'
import type { Installation } from './installation.ts'
import type { Load } from './load.ts'

/**
 * The events of a load: the rows in the database, compared with the requests that the receiver got. Ids are public
 * ones.
 */
export interface Account {
  /** Number of stored events. */
  stored: number
  /** Accepted events that were never received or are not DELIVERED. */
  lost: string[]
  /** Events that do not have exactly one delivery with exactly one successful attempt. */
  irregular: string[]
  /** Events with more received requests than recorded attempts, because the fault interrupted an attempt. */
  cutOff: string[]
  /**
   * Error kinds of the failed attempts. Timeouts are left out, because a busy machine may cause them. The receiver
   * itself never fails.
   */
  failures: string[]
}

interface Row {
  event_id: string
  deliveries: number
  delivered: number
  attempts: number
  succeeded: number
  failures: string[] | null
}

const ROWS = `SELECT e.id AS event_id, count(DISTINCT d.id)::int AS deliveries, count(DISTINCT d.id) FILTER (WHERE d.status = 'DELIVERED')::int AS delivered,
    count(a.id)::int AS attempts, count(a.id) FILTER (WHERE a.error_kind IS NULL)::int AS succeeded,
    array_agg(a.error_kind::text) FILTER (WHERE a.error_kind <> 'TIMEOUT') AS failures
  FROM events e LEFT JOIN deliveries d ON d.event_id = e.id LEFT JOIN delivery_attempts a ON a.delivery_id = d.id
  WHERE e.source = $1 GROUP BY e.id`

const OPEN = `SELECT d.status, d.hold_reason, count(*)::int, count(d.lease_until)::int AS leased, max(d.last_error) AS error
  FROM deliveries d JOIN events e ON e.id = d.event_id WHERE e.source = $1 AND d.status <> 'DELIVERED' GROUP BY 1, 2`

/**
 * Waits until all events of a load are accepted and all their deliveries are DELIVERED. Returns the milliseconds since
 * the last event was accepted.
 */
export async function settled({ sql }: Installation, load: Load, limitMs = 40_000): Promise<number> {
  await load.done
  const began = Date.now()
  let open: unknown[] = []
  try {
    await until(
      'every delivery DELIVERED',
      async () => {
        open = await sql(OPEN, [load.source])
        return open.length === 0
      },
      limitMs,
    )
  } catch (error) {
    throw new Error(`${error}: of ${load.total} events there are left ${JSON.stringify(open)}`)
  }
  return Date.now() - began
}

export async function account({ sql }: Installation, load: Load, receiver: Receiver): Promise<Account> {
  const received = countReceived(receiver)
  const rows = await sql<Row>(ROWS, [load.source])
  const byEvent = new Map(rows.map((row) => [publicId('evt', row.event_id), row]))
  const events = [...byEvent.keys()]
  const of = (id: string) => ({ row: byEvent.get(id), times: received.get(id) ?? 0 })
  return {
    stored: rows.length,
    lost: [...load.accepted].filter((id) => of(id).times === 0 || of(id).row?.delivered !== of(id).row?.deliveries),
    irregular: events.filter((id) => of(id).row?.deliveries !== 1 || of(id).row?.succeeded !== 1),
    cutOff: events.filter((id) => of(id).times > (of(id).row?.attempts ?? 0)),
    failures: rows.flatMap((row) => row.failures ?? []),
  }
}

/** Number of received requests by `webhook-id`. */
export function countReceived({ requests }: Receiver): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { headers } of requests) {
    const id = String(headers['webhook-id'])
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}
