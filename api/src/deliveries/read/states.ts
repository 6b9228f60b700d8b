import type { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { Read } from '../../db/snapshot.ts'
import { timeBounds } from '../../db/time-range.ts'
import { countCreated, oldestOpen } from '../totals/created.ts'
import { countFailures, isFailureTotalled } from '../totals/failures.ts'
import { isTotalled } from '../totals/narrow.ts'
import { countFailed, NO_DELIVERIES } from './count-statuses.ts'
import type { DeliveryQuery } from './delivery-filter.ts'
import { deliveryWhere, NEAR_FAILURE, RECOVERED, UNRECOVERED } from './delivery-where.ts'
import { heldSql } from './hold-reason.ts'

/**
 * Counts of deliveries by their current state: open, held, unrecovered. The queries have no time window (`unwindowed`).
 */

export interface OpenCounts {
  /** Open deliveries: PENDING and FAILED. `failed` and `nearFailure` are parts of this number. */
  pending: number
  failed: number
  nearFailure: number
}

export interface RecoveryCounts {
  /**
   * Dead letters that no replay has recovered. If a replay of a dead letter is a dead letter too, only the original
   * counts.
   */
  unrecovered: number
  /** Dead letters and cancelled deliveries whose replay was delivered. */
  recovered: number
}

export async function countOpen(core: AppContext, read: Read, query: DeliveryQuery): Promise<OpenCounts> {
  const open = isTotalled(query) ? await openTotal(core, read, query) : null
  if (open !== null) {
    const wants = (status: DeliveryStatus) => query.statuses?.includes(status) ?? true
    if (!wants('PENDING') && !wants('FAILED')) return NO_DELIVERIES
    const { failed, nearFailure } = await countFailed(read, query)
    const waiting = wants('PENDING') ? open - failed : 0
    return wants('FAILED')
      ? { pending: waiting + failed, failed, nearFailure }
      : { pending: waiting, failed: 0, nearFailure: 0 }
  }
  // The condition on status is the same as that of a partial index, which contains only open deliveries.
  const values: unknown[] = []
  const [row] = await read<OpenCounts>(
    `SELECT count(*)::int AS pending, count(*) FILTER (WHERE d.status = 'FAILED')::int AS failed,
       count(*) FILTER (WHERE ${NEAR_FAILURE})::int AS "nearFailure"
     FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') AND ${deliveryWhere(query, values)}`,
    values,
  )
  return row ?? NO_DELIVERIES
}

/** Number of all open deliveries, from the totals by creation. Null if there are no totals yet. */
async function openTotal(core: AppContext, read: Read, query: DeliveryQuery): Promise<number | null> {
  const { from, to } = timeBounds(query)
  const rows = await countCreated(core, read, query, [from, to])
  if (!rows) return null
  return rows.reduce((sum, row) => sum + row.created - row.delivered - row.deadLetter - row.cancelled, 0)
}

/** Number of open deliveries with a hold reason. */
export async function countHeld(read: Read, query: DeliveryQuery): Promise<number> {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const held = query.holdReasons === null ? heldSql(null) : 'true'
  const [row] = await read<{ n: number }>(
    `SELECT count(*)::int AS n FROM deliveries d WHERE ${held} AND ${where}`,
    values,
  )
  return row?.n ?? 0
}

export async function countRecovery(read: Read, query: DeliveryQuery): Promise<RecoveryCounts> {
  const totalled = isFailureTotalled(query) ? await countFailures(read, query) : null
  if (totalled) {
    const sum = (column: 'unrecovered' | 'recovered') => totalled.reduce((total, row) => total + row[column], 0)
    return {
      unrecovered: query.recovered === true ? 0 : sum('unrecovered'),
      recovered: query.recovered === false ? 0 : sum('recovered'),
    }
  }
  const count = async (condition: string) => {
    const values: unknown[] = []
    const [row] = await read<{ n: number }>(
      `SELECT count(*)::int AS n FROM deliveries d WHERE ${condition} AND ${deliveryWhere(query, values)}`,
      values,
    )
    return row?.n ?? 0
  }
  return { unrecovered: await count(UNRECOVERED), recovered: await count(RECOVERED) }
}

/** Creation time of the oldest open delivery; null if none is open. */
export async function oldestOpenAt(read: Read, query: DeliveryQuery): Promise<Date | null> {
  const oldest = isTotalled(query) ? await oldestOpen(read, query) : undefined
  if (oldest !== undefined) return oldest
  const values: unknown[] = []
  const [row] = await read<{ at: Date | null }>(
    `SELECT min(d.created_at) AS at FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') AND ${deliveryWhere(query, values)}`,
    values,
  )
  return row?.at ?? null
}
