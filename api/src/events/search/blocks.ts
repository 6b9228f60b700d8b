import { setImmediate } from 'node:timers/promises'
import type pg from 'pg'
import { uuidTime } from '../../kit/ids.ts'
import { addBlock, BITS, blocksOf, emptyFilter, eventsOf, type Geometry, merge } from './bloom.ts'
import type { IndexPartition } from './partitions.ts'

/** An event that is to be indexed. */
export interface Entry {
  id: string
  seq: number
  text: string
}

/**
 * Size of one entry of `bounds`, in bytes. An entry describes a block with four numbers of six bytes: the smallest and
 * the greatest timestamp (in milliseconds) of its ids, its first `seq` and its last `seq`.
 */
export const BOUND_BYTES = 24
/** The smallest timestamp of an empty block. */
export const NO_TIME = 2 ** 48 - 1

/**
 * The highest level whose segments are built directly from events. Segments of higher levels are only merged from lower
 * ones.
 */
const MAX_DIRECT_LEVEL = 1
/** After this many blocks (about one millisecond) other work such as deliveries may run. */
const BLOCKS_PER_TURN = 4

/** Maximum number of filter bytes per INSERT. Several small parts share one statement. */
const MAX_INSERT_BYTES = 524_288

/** Number of filter rows (bit positions) per stored part. */
export const positionsPerPart = ({ parts }: Geometry): number => BITS / parts

/**
 * Adds complete blocks of events to a partition that already has `indexed` events. Full segments are merged into larger
 * ones. Returns the number of events that were indexed; the last incomplete block is not.
 */
export async function appendBlocks(
  client: pg.PoolClient,
  geometry: Geometry,
  { key: scope, scattered }: Pick<IndexPartition, 'key' | 'scattered'>,
  indexed: number,
  entries: readonly Entry[],
): Promise<number> {
  const whole = entries.length - (entries.length % geometry.block)
  let done = 0
  while (done < whole) {
    const at = indexed + done
    const level = levelAt(geometry, at, whole - done)
    const length = eventsOf(geometry, level)
    const start = at - (at % length)
    const added = entries.slice(done, done + Math.min(start + length - at, whole - done))
    await fillSegment(client, geometry, { scope, level, start }, (at - start) / geometry.block, added)
    if (scattered) await listBlocks(client, geometry, scope, at / geometry.block, added)
    done += added.length
    const end = at + added.length
    for (let merged = level; merged < geometry.levels - 1; merged++) {
      const longer = eventsOf(geometry, merged + 1)
      if (end % longer !== 0) break
      await mergeSegments(client, geometry, { scope, level: merged, start: end - longer })
    }
  }
  return whole
}

/**
 * The level of the segment that gets the next event. A higher level is used only if its segment can be filled at once.
 */
function levelAt(geometry: Geometry, at: number, count: number): number {
  for (let level = Math.min(MAX_DIRECT_LEVEL, geometry.levels - 1); level > 0; level--) {
    const length = eventsOf(geometry, level)
    if (at % length === 0 && count >= length) return level
  }
  return 0
}

/** The key of a segment. */
interface SegmentKey {
  scope: string
  level: number
  /** The number of its first event within the partition. */
  start: number
}
const IS_SEGMENT = 'scope = $1 AND level = $2 AND start = $3::bigint'

/** Adds blocks to a segment that already has `filled` blocks. */
async function fillSegment(
  client: pg.PoolClient,
  geometry: Geometry,
  segment: SegmentKey,
  filled: number,
  entries: readonly Entry[],
): Promise<void> {
  const key = [segment.scope, segment.level, segment.start]
  const blocks = blocksOf(geometry, segment.level)
  const filter = emptyFilter(blocks)
  const bounds = emptyBounds(blocks)
  if (filled > 0) {
    const { rows } = await client.query<{ bits: Buffer }>(
      `SELECT bits FROM event_sketches WHERE ${IS_SEGMENT} ORDER BY part`,
      key,
    )
    const { rows: segments } = await client.query<{ bounds: Buffer }>(
      `SELECT bounds FROM event_segments WHERE ${IS_SEGMENT}`,
      key,
    )
    // If the segment has been pruned in the meantime, its first blocks stay empty.
    let at = 0
    for (const { bits } of rows) at += bits.copy(filter.bits, at)
    segments[0]?.bounds.copy(bounds)
  }
  for (let at = 0; at < entries.length; at += geometry.block) {
    const block = filled + at / geometry.block
    const blockEntries = entries.slice(at, at + geometry.block)
    const ms = blockEntries.map(({ id }) => uuidTime(id))
    const entry = [Math.min(...ms), Math.max(...ms), blockEntries[0]!.seq, blockEntries.at(-1)!.seq]
    for (const [i, bound] of entry.entries()) bounds.writeUIntBE(bound, block * BOUND_BYTES + i * 6, 6)
    addBlock(
      filter,
      block,
      blockEntries.map(({ text }) => text),
    )
    // Lets other work such as deliveries run.
    if (block % BLOCKS_PER_TURN === 0) await setImmediate()
  }
  const size = filter.bits.length / geometry.parts
  await storeSegment(client, geometry, segment, bounds, (part, parts) =>
    filter.bits.subarray(part * size, (part + parts) * size),
  )
}

async function listBlocks(
  client: pg.PoolClient,
  { block }: Geometry,
  scope: string,
  first: number,
  entries: readonly Entry[],
): Promise<void> {
  await client.query(
    `INSERT INTO event_blocks (scope, block, ids)
     SELECT $1, $2::bigint + (i - 1) / $4::int, array_agg(id ORDER BY i) FROM unnest($3::uuid[]) WITH ORDINALITY AS e(id, i) GROUP BY 2`,
    [scope, first, entries.map(({ id }) => id), block],
  )
}

/**
 * Merges `fanout` segments of a level, the first of which starts at `start`, into one segment of the next level. This
 * is done part by part, so a whole filter is never in memory.
 */
async function mergeSegments(
  client: pg.PoolClient,
  geometry: Geometry,
  { scope, level, start }: SegmentKey,
): Promise<void> {
  const length = eventsOf(geometry, level)
  const width = blocksOf(geometry, level) / 8
  const key = [scope, level, start, start + length * geometry.fanout]
  const merged = 'scope = $1 AND level = $2 AND start >= $3::bigint AND start < $4::bigint'
  const pieces = async (text: string, values: unknown[], nothing: () => Buffer) => {
    const { rows } = await client.query<{ start: string; piece: Buffer }>(text, [...key, ...values])
    // A segment that has been pruned is replaced by an empty one.
    const inOrder = Array.from({ length: geometry.fanout }, nothing)
    for (const row of rows) inOrder[(Number(row.start) - start) / length] = row.piece
    return inOrder
  }
  const bounds = await pieces(`SELECT start, bounds AS piece FROM event_segments WHERE ${merged}`, [], () =>
    emptyBounds(width * 8),
  )
  await storeSegment(
    client,
    geometry,
    { scope, level: level + 1, start },
    Buffer.concat(bounds),
    async (part, parts) => {
      const bits = await pieces(
        `SELECT start, string_agg(bits, '' ORDER BY part) AS piece FROM event_sketches
       WHERE ${merged} AND part >= $5 AND part < $5 + $6 GROUP BY start`,
        [part, parts],
        () => Buffer.alloc(positionsPerPart(geometry) * width * parts),
      )
      return merge(bits, width)
    },
  )
  await client.query(`DELETE FROM event_segments WHERE ${merged}`, key)
  await client.query(`DELETE FROM event_sketches WHERE ${merged}`, key)
}

/** Stores a segment. `bitsOf(part, parts)` returns the bits of `parts` parts, starting with number `part`. */
async function storeSegment(
  client: pg.PoolClient,
  geometry: Geometry,
  { scope, level, start }: SegmentKey,
  bounds: Buffer,
  bitsOf: (part: number, parts: number) => Buffer | Promise<Buffer>,
): Promise<void> {
  const size = (positionsPerPart(geometry) * blocksOf(geometry, level)) / 8
  const partsPerInsert = Math.max(1, Math.floor(MAX_INSERT_BYTES / size))
  for (let part = 0; part < geometry.parts; part += partsPerInsert) {
    const parts = Math.min(partsPerInsert, geometry.parts - part)
    await client.query(
      `INSERT INTO event_sketches (scope, level, start, part, bits)
       SELECT $1, $2, $3, $4 + i, substr($5::bytea, i * $6 + 1, $6) FROM generate_series(0, $7 - 1) i
       ON CONFLICT (scope, level, start, part) DO UPDATE SET bits = excluded.bits`,
      [scope, level, start, part, await bitsOf(part, parts), size, parts],
    )
  }
  let least = NO_TIME
  let greatest = 0
  for (let at = 0; at < bounds.length; at += BOUND_BYTES) {
    least = Math.min(least, bounds.readUIntBE(at, 6))
    greatest = Math.max(greatest, bounds.readUIntBE(at + 6, 6))
  }
  await client.query(
    `INSERT INTO event_segments (scope, level, start, min_ms, max_ms, bounds) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (scope, level, start) DO UPDATE SET min_ms = excluded.min_ms, max_ms = excluded.max_ms, bounds = excluded.bounds`,
    [scope, level, start, least, greatest, bounds],
  )
}

/** Bounds of empty blocks. No instant is within them. */
function emptyBounds(blocks: number): Buffer {
  const bounds = Buffer.alloc(blocks * BOUND_BYTES)
  for (let block = 0; block < blocks; block++) bounds.writeUIntBE(NO_TIME, block * BOUND_BYTES, 6)
  return bounds
}
