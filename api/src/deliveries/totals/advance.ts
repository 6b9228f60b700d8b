import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { clockShift, databaseNow } from '../../db/database-clock.ts'
import { uuidFloor } from '../../kit/ids.ts'

/** Maximum number of rows per transaction. */
const CHUNK = 100_000
/**
 * Maximum time between the creation of a row's id and the start of its transaction. It includes the wait for a
 * connection (at most 10 s) and the difference between the clocks of two machines.
 */
const LAG_MS = 15_000

/** A range of rows by the time in their ids, in milliseconds since 1970. `to` is excluded. */
export interface CountedRange {
  from: number
  to: number
}

interface Totals {
  /** The name of the row in totals_progress. */
  name: 'deliveries' | 'attempts'
  /** The table whose rows are counted. Its ids are UUIDv7. */
  table: 'deliveries' | 'delivery_attempts'
  /** Adds the rows of a range to the totals. Runs in the transaction that stores the progress. */
  count: (client: PoolClient, range: CountedRange) => Promise<void>
}

/**
 * Advances totals by at most CHUNK rows. They advance only to a time before which no new row can appear: LAG_MS before
 * the start of AetherLink's oldest running transaction, by the clock of the database. A row lock makes workers take
 * turns. Returns whether more rows may be left.
 */
export function advanceTotals(core: AppContext, { name, table, count }: Totals): Promise<boolean> {
  return core.db.transaction(async (client) => {
    const { rows } = await client.query<{ until: string; now: number; age: number }>(
      `SELECT until, extract(epoch FROM ${databaseNow('$2')})::float8 * 1000 AS now, (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)) * 1000, 0)::float8 FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'aetherlink-%' AND pid <> pg_backend_pid()) AS age
       FROM totals_progress WHERE name = $1 FOR UPDATE SKIP LOCKED`,
      [name, clockShift(core)],
    )
    const [row] = rows
    if (!row) return false
    const from = Number(row.until)
    const target = Math.floor(row.now - Math.max(0, row.age) - LAG_MS)
    if (target <= from) return false
    await client.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off')
    const { rows: beyond } = await client.query<{ ms: string }>(
      `SELECT uuid7_ms(id) AS ms FROM ${table} WHERE id >= $1::uuid AND id < $2::uuid ORDER BY id OFFSET $3 LIMIT 1`,
      [uuidFloor(from), uuidFloor(target), CHUNK],
    )
    const to = beyond[0] ? Math.max(from + 1, Number(beyond[0].ms)) : target
    await count(client, { from, to })
    await client.query('UPDATE totals_progress SET until = $1 WHERE name = $2', [to, name])
    return to < target
  })
}
