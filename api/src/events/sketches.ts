import { setImmediate } from 'node:timers/promises'
import type pg from 'pg'
import type { Core } from '../kit/core.ts'
import { addBlock, BITS, blocksOf, emptySketch, eventsOf, GEOMETRY, type Geometry, merge } from './sketch.ts'

/**
 * The text of `events e` that is searched, and whose runs are sketched. The line ends let the beginning and end of a source, and
 * of a type, be part of what is looked for.
 */
export const SEARCHED = `e.type || E'\\n' || e.source || E'\\n' || coalesce(e.subject, '') || E'\\n' || e.payload::text`

/** Bytes of an entry of `bounds`: the least and the greatest milliseconds of a block's ids. */
export const BOUND = 12
const NOTHING = 2 ** 48 - 1

/** The greatest level whose segments are made of events; those above are joined of lower ones. */
const LEVEL_AT_ONCE = 1

/**
 * Sketches the events that were appended since the last time, by whole segments, and joins segments into larger ones. By their
 * place in the feed, so that none is left out. Workers take turns. Answers whether there may be more to do.
 */
export function keepSketches(core: Core, geometry: Geometry = GEOMETRY): Promise<boolean> {
  return core.db.transaction(async (client) => {
    const { rows } = await client.query<{ until: string; first: string | null; head: string | null }>(
      `SELECT until, (SELECT min(seq) FROM events) AS first, (SELECT max(seq) FROM events) AS head FROM totals_progress WHERE name = 'sketches' FOR UPDATE SKIP LOCKED`,
    )
    const [row] = rows
    if (!row?.head) return false
    // Segments lie at multiples of their length; `until` is where the next begins. What was pruned before the first time is passed over.
    const longest = BigInt(eventsOf(geometry, geometry.levels - 1))
    const from = row.until === '0' ? (BigInt(row.first ?? 0) / longest) * longest : BigInt(row.until)
    const head = BigInt(row.head)
    const level = levelAt(geometry, from, head)
    if (level === null) return false
    await client.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off')
    await makeSegment(client, geometry, level, from)
    const until = from + BigInt(eventsOf(geometry, level))
    for (let made = level; made < geometry.levels - 1; made++) {
      if (until % BigInt(eventsOf(geometry, made + 1)) !== 0n) break
      await joinSegments(client, geometry, made, until)
    }
    await client.query(`UPDATE totals_progress SET until = $1 WHERE name = 'sketches'`, [until.toString()])
    return levelAt(geometry, until, head) !== null
  })
}

/** The level of the segment that can begin at `from` and is appended in full; null: none is. */
function levelAt(geometry: Geometry, from: bigint, head: bigint): number | null {
  for (let level = Math.min(LEVEL_AT_ONCE, geometry.levels - 1); level >= 0; level--) {
    const length = BigInt(eventsOf(geometry, level))
    if (from % length === 0n && from + length - 1n <= head) return level
  }
  return null
}

/** What a worker sketches before it looks after its deliveries again: a millisecond's worth. */
const BLOCKS_AT_ONCE = 4

async function makeSegment(client: pg.PoolClient, geometry: Geometry, level: number, start: bigint): Promise<void> {
  const blocks = blocksOf(geometry, level)
  const texts = Array.from({ length: blocks }, (): string[] => [])
  const least = Array.from({ length: blocks }, () => NOTHING)
  const greatest = Array.from({ length: blocks }, () => 0)
  const { rows } = await client.query<[string, string, string]>({
    text: `SELECT e.seq - $1::bigint, uuid7_ms(e.id), ${SEARCHED} FROM events e WHERE e.seq >= $1::bigint AND e.seq < $2::bigint`,
    values: [start.toString(), (start + BigInt(eventsOf(geometry, level))).toString()],
    rowMode: 'array',
  })
  for (const [place, ms, text] of rows) {
    const block = Math.floor(Number(place) / geometry.block)
    texts[block]!.push(text)
    least[block] = Math.min(least[block]!, Number(ms))
    greatest[block] = Math.max(greatest[block]!, Number(ms))
  }
  const bounds = Buffer.alloc(blocks * BOUND)
  for (let block = 0; block < blocks; block++) {
    bounds.writeUIntBE(least[block]!, block * BOUND, 6)
    bounds.writeUIntBE(greatest[block]!, block * BOUND + 6, 6)
  }
  const made = emptySketch(blocks)
  for (let block = 0; block < blocks; block++) {
    addBlock(made, block, texts[block]!)
    // Deliveries go on meanwhile.
    if (block % BLOCKS_AT_ONCE === 0) await setImmediate()
  }
  const { bits } = made
  const size = bits.length / geometry.parts
  for (let part = 0; part < geometry.parts; part++)
    await insertPart(client, level, start, part, bits.subarray(part * size, (part + 1) * size))
  await client.query('INSERT INTO event_segments (level, start, min_ms, max_ms, bounds) VALUES ($1, $2, $3, $4, $5)', [
    level,
    start.toString(),
    Math.min(...least),
    Math.max(...greatest),
    bounds,
  ])
}

/** Makes one of the segments of a level that end at `until`, part by part: it never holds a whole sketch in memory. */
async function joinSegments(client: pg.PoolClient, geometry: Geometry, level: number, until: bigint): Promise<void> {
  const start = until - BigInt(eventsOf(geometry, level + 1))
  const joined = [level, start.toString(), until.toString()]
  const own = 'level = $1 AND start >= $2::bigint AND start < $3::bigint'
  for (let part = 0; part < geometry.parts; part++) {
    const { rows } = await client.query<{ bits: Buffer }>(
      `SELECT bits FROM event_sketches WHERE ${own} AND part = $4 ORDER BY start`,
      [...joined, part],
    )
    await insertPart(
      client,
      level + 1,
      start,
      part,
      merge(
        rows.map(({ bits }) => bits),
        blocksOf(geometry, level) / 8,
      ),
    )
  }
  await client.query(
    `INSERT INTO event_segments (level, start, min_ms, max_ms, bounds)
     SELECT $1::int + 1, $2::bigint, min(min_ms), max(max_ms), string_agg(bounds, '' ORDER BY start) FROM event_segments WHERE ${own}`,
    joined,
  )
  await client.query(`DELETE FROM event_segments WHERE ${own}`, joined)
  await client.query(`DELETE FROM event_sketches WHERE ${own}`, joined)
}

const insertPart = (client: pg.PoolClient, level: number, start: bigint, part: number, bits: Buffer) =>
  client.query('INSERT INTO event_sketches (level, start, part, bits) VALUES ($1, $2, $3, $4)', [
    level,
    start.toString(),
    part,
    bits,
  ])

/** Places of a sketch that one part has. */
export const placesPerPart = ({ parts }: Geometry): number => BITS / parts

/** Drops the sketches of what was pruned. */
export async function forgetSketches(core: Core): Promise<void> {
  const [row] = await core.db.query<{ ms: string | null }>(
    'SELECT (SELECT uuid7_ms(id) FROM events ORDER BY id LIMIT 1) AS ms',
  )
  const oldest = row?.ms ?? String(NOTHING)
  await core.db.query(
    `WITH gone AS (DELETE FROM event_segments WHERE max_ms < $1::bigint RETURNING level, start)
     DELETE FROM event_sketches s USING gone WHERE s.level = gone.level AND s.start = gone.start`,
    [oldest],
  )
}
