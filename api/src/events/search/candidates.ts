import type { Read } from '../../db/snapshot.ts'
import type { TimeRange } from '../../db/time-range.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { EventQuery } from '../read/event-filter.ts'
import { bitsOfText, blocksOf, GEOMETRY, type Geometry } from './bloom.ts'
import { EVERYTHING, type IndexPartition, partitionsOf } from './partitions.ts'
import { type Block, readBlocks, type Segment } from './read-blocks.ts'
import { EMPTY_STATE, type PartitionState, STATE_COLUMNS, waitingOf } from './state.ts'

/**
 * The events that one statement reads. Each batch covers a part of the time range and contains all matches in that
 * part. It contains no event outside the scope of the query.
 */
export interface Batch {
  /** SQL for `FROM` that returns the events as `e`. `value` adds a parameter and returns its placeholder. */
  from(value: Value): string
  /** All events in later batches are older than this instant (in ascending order: newer). In milliseconds. */
  next: number
}
type Value = (parameter: unknown) => string

/**
 * Number of blocks per statement. The first reads FIRST_BLOCKS, and each following one 1.5 times as many, up to
 * MAX_BLOCKS.
 */
const FIRST_BLOCKS = 8
const MAX_BLOCKS = 1_024
/**
 * Number of segments per filter lookup. The first reads FIRST_SEGMENTS, and each following one four times as many, up
 * to MAX_SEGMENTS and up to MAX_WIDTH bytes per bit position.
 */
const FIRST_SEGMENTS = 4
const MAX_SEGMENTS = 64
const MAX_WIDTH = 4_096

/**
 * The bits that a block with matching events must have. Null if the query has no text of at least four characters, or
 * has a condition that selects fewer events than the index would.
 */
export function bitsOfQuery({ search, sources, types, correlationId, ids }: EventQuery): number[] | null {
  if ((search === null && sources === null) || correlationId !== null || ids !== null) return null
  const [source, ...otherSources] = sources ?? []
  const [type, ...otherTypes] = types && types.like.length === 0 ? types.exact : []
  const texts = [
    search,
    // With the same delimiters as in SEARCHED_TEXT.
    source !== undefined && otherSources.length === 0 ? `\n${source}\n` : null,
    type !== undefined && otherTypes.length === 0 ? `${type}\n` : null,
  ]
  const bits = new Set(texts.flatMap((text) => (text === null ? [] : bitsOfText(text))))
  return bits.size === 0 ? null : [...bits]
}

/** The bits of a query, and the index partitions in which they are looked up. */
export interface IndexedRange {
  bits: readonly number[]
  partitions: readonly IndexedPartition[]
  /**
   * Whether events have been restored from an archive. The index may not contain all of them, so they are read
   * directly.
   */
  hasRestored: boolean
}

interface IndexedPartition extends IndexPartition {
  /**
   * The feed position up to which the partition is indexed. Waiting events before this position are not in the index.
   */
  until: bigint
  state: Omit<PartitionState, 'scope'>
}

/** A search uses the index only if at most this many events are not indexed yet. */
const MAX_UNINDEXED = 65_536

/**
 * Prepares a lookup in the index. Null if the query has no text that the index contains, or if too many events are not
 * indexed yet. This happens while the worker indexes older events or a new partition, and after it has not run for a
 * long time.
 */
export async function indexedRange(read: Read, query: EventQuery): Promise<IndexedRange | null> {
  const bits = bitsOfQuery(query)
  if (!bits) return null
  const partitions = partitionsOf(query.scope)
  const rows = await read<PartitionState & { until: string | null; behind: string | null; restored: boolean }>(
    `SELECT EXISTS (SELECT FROM restored_days) AS restored, p.until, (SELECT max(seq) FROM events) - p.until AS behind, s.scope, ${STATE_COLUMNS}
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(scope, progress, i)
     LEFT JOIN totals_progress p ON p.name = w.progress LEFT JOIN event_scopes s ON s.scope = w.scope ORDER BY w.i`,
    [partitions.map(({ key }) => key), partitions.map(({ progress }) => progress)],
  )
  const indexed: IndexedPartition[] = []
  let hasRestored = false
  for (const [i, { until, behind, scope, restored, ...state }] of rows.entries()) {
    if (until === null || Number(behind ?? 0) > MAX_UNINDEXED) return null
    hasRestored = restored
    indexed.push({ ...partitions[i]!, until: BigInt(until), state: scope === null ? EMPTY_STATE : state })
  }
  return { bits, partitions: indexed, hasRestored }
}

/**
 * Returns batches of candidate events within a time range, in the order of the list. The first batch contains the
 * events that are not indexed yet; then follow blocks that match, found by groups of segments. Events within a batch
 * are not sorted, and a batch may contain events outside the time range.
 */
export async function* candidates(
  read: Read,
  { bits, partitions, hasRestored }: IndexedRange,
  { from, to }: TimeRange,
  order: 'asc' | 'desc',
  { geometry = GEOMETRY, firstBlocks = FIRST_BLOCKS }: { geometry?: Geometry; firstBlocks?: number } = {},
): AsyncGenerator<Batch> {
  const descending = order === 'desc'
  const segments = await read<Segment>(
    `SELECT scope, level, start, min_ms::float8 AS "minMs", max_ms::float8 AS "maxMs" FROM event_segments
     WHERE scope = ANY($3) AND max_ms >= $1::bigint AND min_ms < $2::bigint
     ORDER BY ${descending ? 'max_ms DESC' : 'min_ms'}, scope, start`,
    [from, to, partitions.map(({ key }) => key)],
  )
  const edge = (bounds: { minMs: number; maxMs: number }) => (descending ? bounds.maxMs : bounds.minMs)
  const nothing = descending ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  // There are few events that are not indexed yet, and usually they are the newest. They are read first, regardless of
  // the order.
  const restored = hasRestored ? { from, to } : null
  yield { from: (value) => notIndexed(partitions, restored, value), next: segments[0] ? edge(segments[0]) : nothing }

  let most = FIRST_SEGMENTS
  for (let index = 0; index < segments.length; ) {
    const group = groupAt(segments, index, most, geometry)
    index += group.length
    most = Math.min(MAX_SEGMENTS, most * 4)
    const blocks = (await readBlocks(read, group, bits, geometry))
      .filter(({ minMs, maxMs }) => maxMs >= from && minMs < to)
      .sort((a, b) => (descending ? b.maxMs - a.maxMs : a.minMs - b.minMs))
    const after = segments[index] ? edge(segments[index]!) : nothing
    let size = firstBlocks
    for (let at = 0; at < blocks.length; ) {
      const batch = blocks.slice(at, at + size)
      at += size
      size = Math.min(MAX_BLOCKS, Math.ceil(size * 1.5))
      const next = blocks[at] ? edge(blocks[at]!) : nothing
      yield {
        from: (value) => blocksFrom(partitions, batch, value),
        next: descending ? Math.max(next, after) : Math.min(next, after),
      }
    }
  }
}

/** The next segments that are looked up with one statement. */
function groupAt(segments: readonly Segment[], index: number, most: number, geometry: Geometry): Segment[] {
  const group: Segment[] = []
  let width = 0
  for (const segment of segments.slice(index, index + most)) {
    width += blocksOf(geometry, segment.level) / 8
    if (group.length > 0 && width > MAX_WIDTH) break
    group.push(segment)
  }
  return group
}

/**
 * The events that are not indexed yet. OFFSET 0 is an optimisation fence, so that text conditions are evaluated only
 * for these events, whatever the planner estimates.
 */
function notIndexed(partitions: readonly IndexedPartition[], restored: TimeRange | null, value: Value): string {
  const least = partitions.map(({ until }) => until).reduce((a, b) => (a < b ? a : b))
  const indexed = partitions.map(
    ({ condition, until }) => `(${condition(value)} AND e.seq > ${value(until.toString())}::bigint)`,
  )
  const waiting = partitions
    .filter(({ state }) => state.waiting > 0)
    .map(
      (scope) =>
        `UNION ALL SELECT * FROM events e WHERE ${NOT_RESTORED} AND ${waitingOf(scope, scope.state, scope.until, value)}`,
    )
  const back = restored === null ? '' : restoredWithin(partitions, restored, value)
  return `(SELECT * FROM (SELECT * FROM events WHERE seq > ${value(least.toString())}::bigint OFFSET 0) AS e
      WHERE ${NOT_RESTORED} AND (${indexed.join(' OR ')})
    ${waiting.join(' ')} ${back} OFFSET 0) AS e`
}

/** Restored events are read separately, and excluded everywhere else, so that none is returned twice. */
const NOT_RESTORED = 'e.restored_at IS NULL'

function restoredWithin(partitions: readonly IndexedPartition[], { from, to }: TimeRange, value: Value): string {
  const range = `e.id >= ${value(uuidFloor(from))}::uuid AND e.id < ${value(uuidFloor(to))}::uuid`
  const scopes = partitions.map(({ condition }) => `(${condition(value)})`).join(' OR ')
  return `UNION ALL SELECT * FROM events e WHERE e.restored_at IS NOT NULL AND ${range} AND (${scopes})`
}

/** The events of these blocks. */
function blocksFrom(partitions: readonly IndexPartition[], blocks: readonly Block[], value: Value): string {
  const parts = partitions.flatMap((scope) => {
    const scopeBlocks = blocks.filter((block) => block.scope === scope.key)
    return scopeBlocks.length === 0
      ? []
      : [scope.scattered ? listed(scopeBlocks, value) : inRanges(scope, scopeBlocks, value)]
  })
  return `(${parts.join(' UNION ALL ')}) AS e`
}

/**
 * Reads blocks by ranges of the feed. The blocks of a tenant are read by ranges of its own index, because few events in
 * a long range of the feed may be its own. OFFSET 0 is an optimisation fence, so that the planner does not choose
 * another index.
 */
function inRanges(scope: IndexPartition, blocks: readonly Block[], value: Value): string {
  const column = (field: (block: Block) => unknown) => value(blocks.map(field))
  const seqs = [column(({ first }) => first), column(({ last }) => last)]
  const ids = [column(({ minMs }) => uuidFloor(minMs)), column(({ maxMs }) => uuidFloor(maxMs + 1))]
  const range =
    scope.key === EVERYTHING.key
      ? 'e.seq >= b.first AND e.seq <= b.last'
      : `${scope.condition(value)} AND e.id >= b.low AND e.id < b.high AND e.seq + 0 >= b.first AND e.seq + 0 <= b.last`
  return `SELECT e.* FROM unnest(${seqs[0]}::bigint[], ${seqs[1]}::bigint[], ${ids[0]}::uuid[], ${ids[1]}::uuid[]) AS b(first, last, low, high)
    CROSS JOIN LATERAL (SELECT * FROM events e WHERE ${NOT_RESTORED} AND ${range} AND ${withinAll(blocks, value)} OFFSET 0) AS e`
}

function listed(blocks: readonly Block[], value: Value): string {
  const numbers = value(blocks.map(({ number }) => number))
  return `SELECT e.* FROM event_blocks k CROSS JOIN LATERAL unnest(k.ids) AS i(id)
    CROSS JOIN LATERAL (SELECT * FROM events e WHERE ${NOT_RESTORED} AND e.id = i.id AND ${withinAll(blocks, value)} OFFSET 0) AS e
    WHERE k.scope = ${value(blocks[0]!.scope)} AND k.block = ANY(${numbers}::bigint[])`
}

/** A range of ids with constant limits, so that partitions are excluded when the statement is planned. */
function withinAll(blocks: readonly Block[], value: Value): string {
  const least = value(uuidFloor(Math.min(...blocks.map(({ minMs }) => minMs))))
  const greatest = value(uuidFloor(Math.max(...blocks.map(({ maxMs }) => maxMs)) + 1))
  return `e.id >= ${least}::uuid AND e.id < ${greatest}::uuid`
}
