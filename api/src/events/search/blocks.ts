import { setImmediate } from 'node:timers/promises'
import type pg from 'pg'
import { uuidTime } from '../../kit/ids.ts'
import { addBlock, BITS, blocksOf, emptyFilter, eventsOf, type Geometry, merge } from './bloom.ts'
import type { IndexPartition } from './partitions.ts'

/** An event to be indexed. */
export interface Entry {
  id: string
  seq: number
  text: string
}

/**
 * Size of an entry of `bounds`: the smallest and greatest timestamp of a block's ids in milliseconds, and its first
 * and last `seq`, six bytes each.
 */
export const BOUND = 24
/** The minimum timestamp of an empty block. */
export const NOTHING = 2 ** 48 - 1

/**
 * Highest level whose segments are built directly from events. Segments of higher levels are merged from lower ones.
 */
const LEVEL_AT_ONCE = 1
/**
 * Blocks that are indexed (about one millisecond) before control returns to the event loop, so that deliveries
 * continue.
 */
const BLOCKS_AT_ONCE = 4

/** Bytes of a filter per INSERT. Single small parts would need many statements. */
const MOST_AT_ONCE = 524_288

/** Filter rows (bit positions) per stored part. */
export const placesPerPart = ({ parts }: Geometry): number => BITS / parts

/**
 * Appends whole blocks of events to a partition that already has `indexed` events, and merges full segments into
 * larger ones. Returns the number of events that were indexed.
 */
export async function appendBlocks(
  client: pg.PoolClient,
  geometry: Geometry,
  { key: scope, scattered }: Pick<IndexPartition, 'key' | 'scattered'>,
  sketched: number,
  entries: readonly Entry[],
): Promise<number> {
  const whole = entries.length - (entries.length % geometry.block)
  let done = 0
  while (done < whole) {
    const at = sketched + done
    const level = levelAt(geometry, at, whole - done)
    const length = eventsOf(geometry, level)
    const start = at - (at % length)
    const taken = entries.slice(done, done + Math.min(start + length - at, whole - done))
    await fillSegment(client, geometry, { scope, level, start }, (at - start) / geometry.block, taken)
    if (scattered) await listBlocks(client, geometry, scope, at / geometry.block, taken)
    done += taken.length
    const end = at + taken.length
    for (let made = level; made < geometry.levels - 1; made++) {
      const longer = eventsOf(geometry, made + 1)
      if (end % longer !== 0) break
      await joinSegments(client, geometry, { scope, level: made, start: end - longer })
    }
  }
  return whole
}

/** The level of the segment for the next event. A higher level is used only if its segment can be filled at once. */
function levelAt(geometry: Geometry, at: number, count: number): number {
  for (let level = Math.min(LEVEL_AT_ONCE, geometry.levels - 1); level > 0; level--) {
    const length = eventsOf(geometry, level)
    if (at % length === 0 && count >= length) return level
  }
  return 0
}

/** The key of a segment. */
interface Place {
  scope: string
  level: number
  /** Number of its first event within the partition. */
  start: number
}
const OF_PLACE = 'scope = $1 AND level = $2 AND start = $3::bigint'

/** Appends blocks to a segment that already has `filled` blocks. */
async function fillSegment(
  client: pg.PoolClient,
  geometry: Geometry,
  place: Place,
  filled: number,
  entries: readonly Entry[],
): Promise<void> {
  const key = [place.scope, place.level, place.start]
  const blocks = blocksOf(geometry, place.level)
  const sketch = emptyFilter(blocks)
  const bounds = emptyBounds(blocks)
  if (filled > 0) {
    const { rows } = await client.query<{ bits: Buffer }>(
      `SELECT bits FROM event_sketches WHERE ${OF_PLACE} ORDER BY part`,
      key,
    )
    const { rows: segments } = await client.query<{ bounds: Buffer }>(
      `SELECT bounds FROM event_segments WHERE ${OF_PLACE}`,
      key,
    )
    // The segment may have been pruned meanwhile.
    let at = 0
    for (const { bits } of rows) at += bits.copy(sketch.bits, at)
    segments[0]?.bounds.copy(bounds)
  }
  for (let at = 0; at < entries.length; at += geometry.block) {
    const block = filled + at / geometry.block
    const own = entries.slice(at, at + geometry.block)
    const ms = own.map(({ id }) => uuidTime(id))
    const entry = [Math.min(...ms), Math.max(...ms), own[0]!.seq, own.at(-1)!.seq]
    for (const [i, bound] of entry.entries()) bounds.writeUIntBE(bound, block * BOUND + i * 6, 6)
    addBlock(
      sketch,
      block,
      own.map(({ text }) => text),
    )
    // Lets deliveries continue.
    if (block % BLOCKS_AT_ONCE === 0) await setImmediate()
  }
  const size = sketch.bits.length / geometry.parts
  await storeSegment(client, geometry, place, bounds, (part, parts) =>
    sketch.bits.subarray(part * size, (part + parts) * size),
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
 * Merges `fanout` segments of a level, starting at `start`, into one of the next level. It works part by part, so it
 * never holds a whole filter in memory.
 */
async function joinSegments(client: pg.PoolClient, geometry: Geometry, { scope, level, start }: Place): Promise<void> {
  const length = eventsOf(geometry, level)
  const width = blocksOf(geometry, level) / 8
  const joined = [scope, level, start, start + length * geometry.fanout]
  const own = 'scope = $1 AND level = $2 AND start >= $3::bigint AND start < $4::bigint'
  const pieces = async (text: string, values: unknown[], nothing: () => Buffer) => {
    const { rows } = await client.query<{ start: string; piece: Buffer }>(text, [...joined, ...values])
    // Pruned segments are replaced by empty ones.
    const found = Array.from({ length: geometry.fanout }, nothing)
    for (const row of rows) found[(Number(row.start) - start) / length] = row.piece
    return found
  }
  const bounds = await pieces(`SELECT start, bounds AS piece FROM event_segments WHERE ${own}`, [], () =>
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
       WHERE ${own} AND part >= $5 AND part < $5 + $6 GROUP BY start`,
        [part, parts],
        () => Buffer.alloc(placesPerPart(geometry) * width * parts),
      )
      return merge(bits, width)
    },
  )
  await client.query(`DELETE FROM event_segments WHERE ${own}`, joined)
  await client.query(`DELETE FROM event_sketches WHERE ${own}`, joined)
}

/** Stores a segment. `bitsOf` returns the bits of `parts` parts starting at `part`. */
async function storeSegment(
  client: pg.PoolClient,
  geometry: Geometry,
  { scope, level, start }: Place,
  bounds: Buffer,
  bitsOf: (part: number, parts: number) => Buffer | Promise<Buffer>,
): Promise<void> {
  const size = (placesPerPart(geometry) * blocksOf(geometry, level)) / 8
  const together = Math.max(1, Math.floor(MOST_AT_ONCE / size))
  for (let part = 0; part < geometry.parts; part += together) {
    const parts = Math.min(together, geometry.parts - part)
    await client.query(
      `INSERT INTO event_sketches (scope, level, start, part, bits)
       SELECT $1, $2, $3, $4 + i, substr($5::bytea, i * $6 + 1, $6) FROM generate_series(0, $7 - 1) i
       ON CONFLICT (scope, level, start, part) DO UPDATE SET bits = excluded.bits`,
      [scope, level, start, part, await bitsOf(part, parts), size, parts],
    )
  }
  let least = NOTHING
  let greatest = 0
  for (let at = 0; at < bounds.length; at += BOUND) {
    least = Math.min(least, bounds.readUIntBE(at, 6))
    greatest = Math.max(greatest, bounds.readUIntBE(at + 6, 6))
  }
  await client.query(
    `INSERT INTO event_segments (scope, level, start, min_ms, max_ms, bounds) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (scope, level, start) DO UPDATE SET min_ms = excluded.min_ms, max_ms = excluded.max_ms, bounds = excluded.bounds`,
    [scope, level, start, least, greatest, bounds],
  )
}

/** Bounds of empty blocks, which contain no instant. */
function emptyBounds(blocks: number): Buffer {
  const bounds = Buffer.alloc(blocks * BOUND)
  for (let block = 0; block < blocks; block++) bounds.writeUIntBE(NOTHING, block * BOUND, 6)
  return bounds
}
