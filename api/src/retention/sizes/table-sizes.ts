import type { AppContext } from '../../app-context.ts'

/** The tables whose sizes are recorded. A size includes partitions, indexes and TOAST. */
const FOLLOWED = [
  'events',
  'deliveries',
  'delivery_attempts',
  'event_totals',
  'delivery_totals',
  'event_sketches',
  'audit_entries',
  'idempotency_keys',
]
const DAY_MS = 86_400_000
/** Samples are kept hourly for this long. Of older samples, one per day is kept. */
const HOURLY_KEPT_MS = 14 * DAY_MS
const KEPT_MS = 400 * DAY_MS

export const SAMPLE_EVERY_MS = 3_600_000

export interface TableSize {
  name: string
  at: Date
  bytes: number
  /** The planner's estimate of the number of rows. */
  rows: number
}

/** Records the current sizes of the tables, at most once an hour, and deletes samples that are no longer needed. */
export async function sampleTableSizes({ db, clock }: Pick<AppContext, 'db' | 'clock'>): Promise<void> {
  const now = clock()
  const hour = Math.floor(now / SAMPLE_EVERY_MS) * SAMPLE_EVERY_MS
  await db.query(
    `INSERT INTO table_sizes (name, at, bytes, rows)
     SELECT name, $2, sum(pg_total_relation_size(p.relid)), sum(greatest(c.reltuples, 0))::bigint
     FROM unnest($1::text[]) AS n(name) CROSS JOIN LATERAL pg_partition_tree(to_regclass(name)) AS p JOIN pg_class c ON c.oid = p.relid
     WHERE c.relkind IN ('r', 'p') GROUP BY name ON CONFLICT DO NOTHING`,
    [FOLLOWED, new Date(hour).toISOString()],
  )
  await db.query(
    `DELETE FROM table_sizes s WHERE at < $1 OR (at < $2 AND EXISTS (SELECT FROM table_sizes e WHERE e.name = s.name AND e.at < s.at
       AND date_trunc('day', e.at, 'UTC') = date_trunc('day', s.at, 'UTC')))`,
    [new Date(now - KEPT_MS).toISOString(), new Date(now - HOURLY_KEPT_MS).toISOString()],
  )
}

/** The samples of the last days, oldest first. */
export const readTableSizes = ({ db, clock }: Pick<AppContext, 'db' | 'clock'>, days: number): Promise<TableSize[]> =>
  db.query<TableSize>(
    'SELECT name, at, bytes::float8, rows::float8 FROM table_sizes WHERE at >= $1 ORDER BY name, at',
    [new Date(clock() - days * DAY_MS).toISOString()],
  )
