import { uuidFloor } from '../kit/ids.ts'
import type { Read } from '../kit/snapshot.ts'
import type { Stretch } from '../kit/spans.ts'
import { blocksOf, common, GEOMETRY, type Geometry, placesOf } from './sketch.ts'
import { BOUND, placesPerPart } from './sketches.ts'
import type { EventQuery } from './where.ts'

/** Events among which all that match have to be, as far as one statement reads them. */
export interface Batch {
  /** For `FROM`, with the events as `e`; `value` appends a parameter and answers its number. */
  from(value: (given: unknown) => string): string
  /** Of no batch after this one is an event newer (oldest first: older) than this instant, in milliseconds. */
  next: number
}

/** Blocks read by the first statement, then four times as many by each that follows, up to this. */
const FIRST_BLOCKS = 8
const MOST_BLOCKS = 1_024
/** Segments of a level whose sketches are read by one statement. */
const SEGMENTS = [64, 64, 4]

/**
 * The places in a sketch that an event which matches has to have; null when a query has nothing to go by (no text, or one of
 * fewer than four characters), or something better.
 */
export function placesOfQuery({ search, sources, types, correlationId }: EventQuery): number[] | null {
  if ((search === null && sources === null) || correlationId !== null) return null
  const [source, ...otherSources] = sources ?? []
  const [type, ...otherTypes] = types && types.like.length === 0 ? types.exact : []
  const texts = [
    search,
    // As they stand in the text that is sketched: see SEARCHED.
    source !== undefined && otherSources.length === 0 ? `\n${source}\n` : null,
    type !== undefined && otherTypes.length === 0 ? `${type}\n` : null,
  ]
  const places = new Set(texts.flatMap((text) => (text === null ? [] : placesOf(text))))
  return places.size === 0 ? null : [...places]
}

/** Events that may be waiting to be sketched for search to go by sketches. */
const MOST_UNSKETCHED = 65_536

/** Whether nearly all events are sketched; not so while a worker is still at what was there before it, or none has run for long. */
export async function sketched(read: Read): Promise<boolean> {
  const [row] = await read<{ behind: string | null }>(
    `SELECT (SELECT max(seq) FROM events) - until AS behind FROM totals_progress WHERE name = 'sketches'`,
  )
  return Number(row?.behind ?? 0) <= MOST_UNSKETCHED
}

/**
 * Where an event of a stretch may be that has these places, in batches in the order of a list: first those that are not yet
 * sketched, then blocks, segment by segment. Within a batch there is no order, and a batch may reach beyond the stretch.
 */
export async function* candidates(
  read: Read,
  places: readonly number[],
  { from, to }: Stretch,
  order: 'asc' | 'desc',
  { geometry = GEOMETRY, firstBlocks = FIRST_BLOCKS }: { geometry?: Geometry; firstBlocks?: number } = {},
): AsyncGenerator<Batch> {
  const [progress] = await read<{ until: string }>(`SELECT until FROM totals_progress WHERE name = 'sketches'`)
  const segments = await read<Segment>(
    `SELECT level, start, min_ms::float8 AS "minMs", max_ms::float8 AS "maxMs" FROM event_segments
     WHERE max_ms >= $1::bigint AND min_ms < $2::bigint ORDER BY ${order === 'desc' ? 'max_ms DESC' : 'min_ms'}, start`,
    [from, to],
  )
  const edge = (bounds: { minMs: number; maxMs: number }) => (order === 'desc' ? bounds.maxMs : bounds.minMs)
  const nothing = order === 'desc' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const after = (index: number) => (segments[index] ? edge(segments[index]) : nothing)
  // What is not sketched yet is not much, and as a rule the newest: in either order it is read first.
  yield {
    from: (value) =>
      `(SELECT ${value(progress?.until ?? '0')}::bigint AS until) AS s JOIN events e ON e.seq >= s.until`,
    next: after(0),
  }

  for (let index = 0; index < segments.length; ) {
    const group = groupAt(segments, index)
    const rows = await readPlaces(read, group, places, geometry)
    for (const [i, segment] of group.entries()) {
      const found = common(rows[i]!, blocksOf(geometry, segment.level) / 8)
      const blocks = found.length === 0 ? [] : await boundsOf(read, segment, found, geometry)
      const reached = blocks
        .filter(({ minMs, maxMs }) => maxMs >= from && minMs < to)
        .sort((a, b) => (order === 'desc' ? b.maxMs - a.maxMs : a.minMs - b.minMs))
      let size = firstBlocks
      for (let at = 0; at < reached.length; ) {
        const batch = reached.slice(at, at + size)
        at += size
        size = Math.min(MOST_BLOCKS, size * 4)
        const next = reached[at]
        const later = after(index + i + 1)
        yield {
          from: (value) => blocksFrom(batch, geometry, value),
          next: next ? (order === 'desc' ? Math.max(next.maxMs, later) : Math.min(next.minMs, later)) : later,
        }
      }
    }
    index += group.length
  }
}

interface Segment {
  level: number
  start: string
  minMs: number
  maxMs: number
}

interface Block {
  /** Its first place in the feed. */
  first: bigint
  minMs: number
  maxMs: number
}

/** Segments of one level that follow each other, as many as are asked about at once. */
function groupAt(segments: readonly Segment[], index: number): Segment[] {
  const level = segments[index]!.level
  const most = SEGMENTS[level] ?? SEGMENTS.at(-1) ?? 1
  const group: Segment[] = []
  while (segments[index + group.length]?.level === level && group.length < most)
    group.push(segments[index + group.length]!)
  return group
}

/** For each segment, the bits of all places one after the other. */
async function readPlaces(
  read: Read,
  group: readonly Segment[],
  places: readonly number[],
  geometry: Geometry,
): Promise<Buffer[]> {
  const perPart = placesPerPart(geometry)
  const level = group[0]?.level ?? 0
  const rows = await read<{ start: string; rows: Buffer }>(
    `SELECT k.start, string_agg(substr(k.bits, p.place * $5::int + 1, $5::int), '') AS rows
     FROM unnest($2::bigint[]) AS s(start) CROSS JOIN unnest($3::int[], $4::int[]) AS p(part, place)
     JOIN event_sketches k ON k.level = $1 AND k.start = s.start AND k.part = p.part GROUP BY 1`,
    [
      level,
      group.map(({ start }) => start),
      places.map((place) => Math.floor(place / perPart)),
      places.map((place) => place % perPart),
      blocksOf(geometry, level) / 8,
    ],
  )
  const of = new Map(rows.map((row) => [row.start, row.rows]))
  return group.map(({ start }) => of.get(start) ?? Buffer.alloc(0))
}

async function boundsOf(
  read: Read,
  { level, start }: Segment,
  blocks: readonly number[],
  geometry: Geometry,
): Promise<Block[]> {
  const [row] = await read<{ bounds: Buffer }>(
    'SELECT bounds FROM event_segments WHERE level = $1 AND start = $2::bigint',
    [level, start],
  )
  if (!row) return []
  return blocks.map((block) => ({
    first: BigInt(start) + BigInt(block * geometry.block),
    minMs: row.bounds.readUIntBE(block * BOUND, 6),
    maxMs: row.bounds.readUIntBE(block * BOUND + 6, 6),
  }))
}

/**
 * Blocks by their places in the feed; the ids say which partitions they are in. OFFSET 0 keeps other conditions out: the planner
 * must not take another index than that of the feed for them.
 */
function blocksFrom(blocks: readonly Block[], geometry: Geometry, value: (given: unknown) => string): string {
  const least = uuidFloor(Math.min(...blocks.map(({ minMs }) => minMs)))
  const greatest = uuidFloor(Math.max(...blocks.map(({ maxMs }) => maxMs)) + 1)
  return `unnest(${value(blocks.map(({ first }) => first.toString()))}::bigint[]) AS b(first) CROSS JOIN LATERAL (
    SELECT * FROM events WHERE seq >= b.first AND seq < b.first + ${geometry.block} AND id >= ${value(least)}::uuid AND id < ${value(greatest)}::uuid OFFSET 0) AS e`
}
