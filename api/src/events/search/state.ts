import type pg from 'pg'
import { uuidFloor, uuidTime } from '../../kit/ids.ts'
import { type Entry, NO_TIME } from './blocks.ts'
import type { IndexPartition } from './partitions.ts'

/**
 * Up to where a partition is indexed, and the events that are waiting. An event waits until there are enough events to
 * fill several blocks.
 */
export interface PartitionState {
  scope: string
  indexed: number
  /** The feed position of the last indexed event. */
  lastSeq: number
  waiting: number
  minMs: number
  maxMs: number
  /** The ids of the waiting events if the partition is scattered; otherwise empty. */
  ids: readonly string[]
}

export const EMPTY_STATE = { indexed: 0, lastSeq: 0, waiting: 0, minMs: NO_TIME, maxMs: 0, ids: [] }

export const STATE_COLUMNS = `sketched::float8 AS indexed, last_seq::float8 AS "lastSeq", waiting, min_ms::float8 AS "minMs", max_ms::float8 AS "maxMs", ids`

export function withWaiting(
  state: PartitionState,
  { scattered }: IndexPartition,
  more: readonly Entry[],
): PartitionState {
  const ms = more.map(({ id }) => uuidTime(id))
  return {
    ...state,
    waiting: state.waiting + more.length,
    minMs: Math.min(state.minMs, ...ms),
    maxMs: Math.max(state.maxMs, ...ms),
    ids: scattered ? [...state.ids, ...more.map(({ id }) => id)] : [],
  }
}

/** A condition on `events e` for the waiting events. `until` is the feed position that indexing has reached. */
export function waitingOf(
  { condition, scattered }: IndexPartition,
  { ids, lastSeq, minMs, maxMs }: Omit<PartitionState, 'scope'>,
  until: bigint,
  value: (parameter: unknown) => string,
): string {
  if (scattered) return `e.id = ANY(${value(ids)}::uuid[])`
  return `${condition(value)} AND e.seq > ${value(lastSeq)}::bigint AND e.seq <= ${value(until.toString())}::bigint
    AND e.id >= ${value(uuidFloor(minMs))}::uuid AND e.id < ${value(uuidFloor(maxMs + 1))}::uuid`
}

export async function readStates(
  client: pg.PoolClient,
  scopes: readonly string[],
): Promise<ReadonlyMap<string, PartitionState>> {
  const { rows } = await client.query<PartitionState>(
    `SELECT scope, ${STATE_COLUMNS} FROM event_scopes WHERE scope = ANY($1)`,
    [scopes],
  )
  return new Map(rows.map((row) => [row.scope, row]))
}

export async function writeStates(client: pg.PoolClient, states: readonly PartitionState[]): Promise<void> {
  await client.query(
    `INSERT INTO event_scopes (scope, sketched, last_seq, waiting, min_ms, max_ms, ids)
     SELECT * FROM json_to_recordset($1)
       AS k(scope text, indexed bigint, "lastSeq" bigint, waiting int, "minMs" bigint, "maxMs" bigint, ids uuid[])
     ON CONFLICT (scope) DO UPDATE SET sketched = excluded.sketched, last_seq = excluded.last_seq, waiting = excluded.waiting,
       min_ms = excluded.min_ms, max_ms = excluded.max_ms, ids = excluded.ids`,
    [JSON.stringify(states)],
  )
}
