import type { Read } from '../../db/snapshot.ts'
import { BOUND_BYTES, positionsPerPart } from './blocks.ts'
import { blocksOf, common, type Geometry } from './bloom.ts'

export interface Segment {
  scope: string
  level: number
  start: string
  minMs: number
  maxMs: number
}

export interface Block {
  scope: string
  /** Number within the partition. */
  number: number
  minMs: number
  maxMs: number
  /** Its first and last `seq`. */
  first: number
  last: number
}

/** Returns the blocks of these segments that have all given bits set. */
export async function readBlocks(
  read: Read,
  group: readonly Segment[],
  bits: readonly number[],
  geometry: Geometry,
): Promise<Block[]> {
  const rows = await readRows(read, group, bits, geometry)
  const matching = group.flatMap((segment, i) => {
    const blocks = common(rows[i]!, blocksOf(geometry, segment.level) / 8)
    return blocks.length === 0 ? [] : [{ segment, blocks }]
  })
  if (matching.length === 0) return []
  const bounds = await ofSegments(
    read,
    `SELECT s.i, g.bounds AS bytes FROM ${NUMBERED} JOIN event_segments g ON g.scope = s.scope AND g.level = s.level AND g.start = s.start`,
    matching.map(({ segment }) => segment),
  )
  return matching.flatMap(({ segment, blocks }, i) =>
    blocks.map((block) => {
      const bound = (nth: number) => bounds[i]!.readUIntBE(block * BOUND_BYTES + nth * 6, 6)
      const number = Number(segment.start) / geometry.block + block
      return { scope: segment.scope, number, minMs: bound(0), maxMs: bound(1), first: bound(2), last: bound(3) }
    }),
  )
}

/** For each segment, the filter rows of all bit positions, concatenated. */
function readRows(
  read: Read,
  group: readonly Segment[],
  bits: readonly number[],
  geometry: Geometry,
): Promise<Buffer[]> {
  const perPart = positionsPerPart(geometry)
  return ofSegments(
    read,
    `SELECT s.i, string_agg(substr(k.bits, p.place * w.width + 1, w.width), '') AS bytes
     FROM ${NUMBERED} JOIN unnest($4::int[]) WITH ORDINALITY AS w(width, level) ON w.level = s.level + 1
     CROSS JOIN unnest($5::int[], $6::int[]) AS p(part, place)
     JOIN event_sketches k ON k.scope = s.scope AND k.level = s.level AND k.start = s.start AND k.part = p.part GROUP BY 1`,
    group,
    Array.from({ length: geometry.levels }, (_, level) => blocksOf(geometry, level) / 8),
    bits.map((place) => Math.floor(place / perPart)),
    bits.map((place) => place % perPart),
  )
}

/** The segments with their list index. */
const NUMBERED = 'unnest($1::text[], $2::int[], $3::bigint[]) WITH ORDINALITY AS s(scope, level, start, i)'

/** Runs a statement that returns one row per segment and returns the results in the order of the segments. */
async function ofSegments(
  read: Read,
  text: string,
  segments: readonly Segment[],
  ...values: unknown[]
): Promise<Buffer[]> {
  const rows = await read<{ i: string; bytes: Buffer }>(text, [
    segments.map(({ scope }) => scope),
    segments.map(({ level }) => level),
    segments.map(({ start }) => start),
    ...values,
  ])
  const byIndex = new Map(rows.map(({ i, bytes }) => [Number(i) - 1, bytes]))
  return segments.map((_, i) => byIndex.get(i) ?? Buffer.alloc(0))
}
