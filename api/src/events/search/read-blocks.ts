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
  /** The number of the block within its partition. */
  number: number
  minMs: number
  maxMs: number
  /** The first and the last `seq` of the block. */
  first: number
  last: number
}

/** The blocks of these segments in which all of these bits are set. */
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

/** The filter rows of all bit positions, concatenated, for each segment. */
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

/** The segments, each with its position in the list. */
const NUMBERED = 'unnest($1::text[], $2::int[], $3::bigint[]) WITH ORDINALITY AS s(scope, level, start, i)'

/** Runs a statement that returns one row per segment. Returns the results in the order of the segments. */
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
