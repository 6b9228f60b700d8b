import type { PoolClient } from 'pg'
import {
  type ArchivedEvent,
  STORED_EVENT_COLUMNS,
  type StoredEventCells,
  storedEventOf,
} from '../../events/cloudevents/stored-event.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { DAY_MS, type Day } from '../policies/policy.ts'

export type SqlClient = Pick<PoolClient, 'query'>

/**
 * A tenant's events of a day (`tenantId` null: system events) whose position in the feed is after `afterSeq` and at
 * most `throughSeq`.
 */
export interface DayRange {
  tenantId: string | null
  day: Day
  afterSeq: string
  throughSeq: string
}

/** The desired size of a page in bytes of payload, and its maximum number of rows. */
const PAGE_BYTES = 1024 * 1024
const MAX_ROWS = 2_000
const FIRST_ROWS = 16

/**
 * Reads a day in pages, oldest event first. This needs no transaction, which would block vacuum for the whole upload:
 * events never change, and `throughSeq` fixes which events belong to the day.
 */
export async function* readDay(
  client: SqlClient,
  { tenantId, day, afterSeq, throughSeq }: DayRange,
): AsyncGenerator<ArchivedEvent[]> {
  let after = beforeDay(day)
  let limit = FIRST_ROWS
  for (;;) {
    const { rows }: { rows: StoredEventCells[] } = await client.query({
      name: tenantId === null ? 'archive_read_system' : 'archive_read',
      // With this order the planner can read a range of the index on (tenant_id, id).
      text: `SELECT ${STORED_EVENT_COLUMNS} FROM events e
        WHERE ${ofTenant(tenantId)} AND e.id > $2::uuid AND e.id < $3::uuid AND e.seq > $4 AND e.seq <= $5 ORDER BY e.tenant_id, e.id LIMIT $6`,
      values: [tenantId, after, uuidFloor((day + 1) * DAY_MS), afterSeq, throughSeq, limit],
      rowMode: 'array',
    })
    const events = rows.map(storedEventOf)
    const last = events.at(-1)
    if (last) yield events
    if (!last || events.length < limit) return
    after = last.id
    const bytes = events.reduce((sum, { payload }) => sum + payload.length, 1)
    limit = Math.max(1, Math.min(MAX_ROWS, limit * 4, Math.floor((PAGE_BYTES * events.length) / bytes)))
  }
}

export async function hasEvents(
  client: SqlClient,
  { tenantId, day, afterSeq, throughSeq }: DayRange,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM events e WHERE ${ofTenant(tenantId)} AND e.id > $2::uuid AND e.id < $3::uuid AND e.seq > $4 AND e.seq <= $5 LIMIT 1`,
    [tenantId, beforeDay(day), uuidFloor((day + 1) * DAY_MS), afterSeq, throughSeq],
  )
  return rowCount === 1
}

/** A condition on `events e`. The first parameter is the tenant. */
const ofTenant = (tenantId: string | null) =>
  tenantId === null ? 'e.tenant_id IS NULL AND $1::text IS NULL' : 'e.tenant_id = $1'

/** Less than every id of the day: this value has zeros where a UUIDv7 has its version. */
const beforeDay = (day: Day) => uuidFloor(day * DAY_MS)
