import { uuidFloor } from '../../kit/ids.ts'
import type { SqlClient } from '../archive/read-day.ts'
import { DAY_MS, type Day } from '../policies/policy.ts'

/** The number of events of a tenant (null: system events) and day. */
export interface DayContent {
  tenantId: string | null
  day: Day
  events: number
  /** The number of these events that have an open delivery and must be kept. */
  open: number
}

/**
 * The number of events of each tenant and day before a day. The totals are used if they cover all these days. If not,
 * the rows are counted, which takes half a second for a million.
 */
export async function readInventory(client: SqlClient, before: Day): Promise<DayContent[]> {
  const [counts, open] = [await countEvents(client, before), await countOpen(client, before)]
  const openOf = new Map(open.map((row) => [`${row.day} ${row.tenant}`, row.count]))
  return counts.map(({ tenant, day, count }) => ({
    tenantId: tenant === '' ? null : tenant,
    day,
    events: count,
    open: openOf.get(`${day} ${tenant}`) ?? 0,
  }))
}

interface Count {
  /** '' for system events. */
  tenant: string
  day: Day
  count: number
}

async function countEvents(client: SqlClient, before: Day): Promise<Count[]> {
  if (await isTotalled(client, before)) {
    const { rows } = await client.query<Count>(
      `SELECT tenant_id AS tenant, start / 1440 AS day, sum(count)::int AS count FROM event_totals
       WHERE NOT detail AND span = 1440 AND start < $1 GROUP BY 1, 2 HAVING sum(count) > 0 ORDER BY 2, 1`,
      [before * 1_440],
    )
    return rows
  }
  const { rows } = await client.query<Count>(
    `SELECT coalesce(tenant_id, '') AS tenant, (uuid7_ms(id) / ${DAY_MS})::int AS day, count(*)::int AS count FROM events
     WHERE id < $1::uuid GROUP BY 1, 2 ORDER BY 2, 1`,
    [uuidFloor(before * DAY_MS)],
  )
  return rows
}

/** Whether the totals include every event from before the day. */
async function isTotalled(client: SqlClient, before: Day): Promise<boolean> {
  const { rows } = await client.query<{ until: string }>(`SELECT until FROM totals_progress WHERE name = 'events'`)
  const until = rows[0]?.until ?? '0'
  if (until === '0') return false
  const { rowCount } = await client.query('SELECT FROM events WHERE seq > $1 AND id < $2::uuid LIMIT 1', [
    until,
    uuidFloor(before * DAY_MS),
  ])
  return rowCount === 0
}

/** Counts events with open deliveries, by the event's tenant. The delivery may have another tenant. */
async function countOpen(client: SqlClient, before: Day): Promise<Count[]> {
  const { rows } = await client.query<Count>(
    `SELECT coalesce(e.tenant_id, '') AS tenant, (uuid7_ms(e.id) / ${DAY_MS})::int AS day, count(*)::int AS count
     FROM (SELECT DISTINCT event_id FROM deliveries WHERE status IN ('PENDING', 'FAILED') AND event_id < $1::uuid) AS d
     JOIN events e ON e.id = d.event_id GROUP BY 1, 2`,
    [uuidFloor(before * DAY_MS)],
  )
  return rows
}
