import type { SqlClient } from '../../archive/read-day.ts'
import { DAY_MS, type Day, dayName } from '../../policies/policy.ts'

/**
 * The tables that have a partition for each day. Dependent tables come first, because partitions are dropped in this
 * order.
 */
export const PARTITIONED = ['delivery_attempts', 'deliveries', 'events'] as const
export type PartitionedTable = (typeof PARTITIONED)[number]

/** The name that ensure_partitions() gives to a table's partition of a day. */
export const partitionName = (table: PartitionedTable, day: Day): string =>
  `${table}_${dayName(day).replaceAll('-', '')}`

/** The names of the daily partitions that exist. */
export async function listPartitions(client: SqlClient): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = ANY(ARRAY['delivery_attempts', 'deliveries', 'events']::regclass[])`,
  )
  return new Set(rows.map(({ name }) => name))
}

/** The days for which any of the tables has a partition. */
export function daysOfPartitions(partitions: ReadonlySet<string>): ReadonlySet<Day> {
  const days = [...partitions].flatMap((name) => {
    const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
    return year ? [Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS] : []
  })
  return new Set(days)
}
