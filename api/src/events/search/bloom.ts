/**
 * Sketches of events: for each block of 64 events that follow each other in their scope (scopes.ts), which runs of four characters occur in them, as bits at places
 * that two hashes of the run say (a Bloom filter). A text can only occur in a block that has the bits of all its runs; rows of
 * the other blocks need not be looked at. Sketches of many blocks lie side by side, bit by bit, so that a question about
 * a run reads one small piece for thousands of blocks ("bit-sliced signatures").
 */

/** How events are grouped. A segment holds `blocks` times `fanout` to the power of its level blocks. */
export interface Geometry {
  /** Events of a block. */
  block: number
  /** Blocks of a segment of level 0; a multiple of 8. */
  blocks: number
  /** So many segments become one of the next level. */
  fanout: number
  /** Levels there are; those of the last stay. */
  levels: number
  /** In so many rows a sketch is stored; a power of two. */
  parts: number
  /** Blocks that are added to a segment at once, at the least: it is written anew each time. */
  together: number
}

/** Segments of 512, 8,192 and 131,072 events: 32 KiB, 512 KiB and 8 MiB of sketch. */
export const GEOMETRY: Geometry = { block: 64, blocks: 8, fanout: 16, levels: 3, parts: 32, together: 4 }

/** Bits of a block's sketch. An ordinary block has some 5,000 different runs, so three in ten bits are set. */
export const BITS = 32_768
const RUN = 4
/** Runs of a long text that are asked about: more do not narrow it any further. */
const MAX_RUNS = 12

export const blocksOf = (geometry: Geometry, level: number): number => geometry.blocks * geometry.fanout ** level
export const eventsOf = (geometry: Geometry, level: number): number => blocksOf(geometry, level) * geometry.block

/** What PostgreSQL's lower() makes small letters of in one locale or another, and JavaScript does not. */
const fold = (text: string): string => text.replace(/[\u0130\u0131]/g, 'i').toLowerCase()

/** Whether a character is none of ASCII's: what is a small letter beyond, PostgreSQL and JavaScript do not agree on. */
const FOREIGN = /[^\0-\x7f]/

/** The two places of a run of four ASCII characters, seven bits each: the low 15 bits of what is returned, and the next 15. */
function placesOfRun(run: number): number {
  const hash = Math.imul(run ^ (run >>> 15), 0x85ebca6b)
  return Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 2
}

/** Sets the places of all runs of a text to 1. It is where the time goes: no call per character, and nothing allocated. */
function mark(text: string, places: Uint8Array): void {
  const folded = fold(text)
  const plain = !FOREIGN.test(folded)
  let run = 0
  let length = 0
  for (let i = 0; i < folded.length; i++) {
    const code = folded.charCodeAt(i)
    if (!plain && code > 127) {
      length = 0
      continue
    }
    run = ((run << 7) | code) & 0xfffffff
    if (++length < RUN) continue
    const found = placesOfRun(run)
    places[found & (BITS - 1)] = 1
    places[(found >>> 15) & (BITS - 1)] = 1
  }
}

/** The places that a block has to have set for a text to occur in it; empty when the text is too short to say. */
export function bitsOfText(text: string): number[] {
  const folded = fold(text)
  const runs: number[] = []
  for (let i = 0; i + RUN <= folded.length; i++) {
    const run = folded.slice(i, i + RUN)
    if (!FOREIGN.test(run)) runs.push([...run].reduce((bits, character) => (bits << 7) | character.charCodeAt(0), 0))
  }
  // Spread over the text: neighbours are often found together.
  const step = Math.max(1, runs.length / MAX_RUNS)
  const places = new Set<number>()
  for (let i = 0; i < runs.length; i += step) {
    const found = placesOfRun(runs[Math.floor(i)]!)
    places.add(found & (BITS - 1)).add((found >>> 15) & (BITS - 1))
  }
  return [...places]
}

/** Sketches of a segment: for each place `width` bytes, with a bit for each block. */
export interface BloomFilter {
  width: number
  bits: Buffer
}

/** An empty sketch of so many blocks, a multiple of 8. */
export const emptyFilter = (blocks: number): BloomFilter => ({
  width: blocks / 8,
  bits: Buffer.alloc((BITS * blocks) / 8),
})

/** For one block at a time: it stays in the processor's cache. */
const own = new Uint8Array(BITS)

/** Adds the texts of a block, some 3 µs for each of 300 characters. */
export function addBlock({ width, bits }: BloomFilter, block: number, texts: readonly string[]): void {
  if (texts.length === 0) return
  own.fill(0)
  for (const text of texts) mark(text, own)
  const byte = block >> 3
  const bit = 1 << (block & 7)
  for (let place = 0; place < BITS; place++) if (own[place] === 1) bits[place * width + byte]! |= bit
}

/** Up to so many bytes are copied faster one by one than by a call. */
const SHORT = 32

/** Puts sketches (or the same part of each) of neighbouring segments side by side. */
export function merge(pieces: readonly Buffer[], width: number): Buffer {
  const wide = width * pieces.length
  const length = pieces[0]?.length ?? 0
  const merged = Buffer.alloc(length * pieces.length)
  for (const [i, piece] of pieces.entries()) {
    for (let from = 0, to = i * width; from < length; from += width, to += wide) {
      if (width > SHORT) piece.copy(merged, to, from, from + width)
      else for (let byte = 0; byte < width; byte++) merged[to + byte] = piece[from + byte]!
    }
  }
  return merged
}

/** The blocks that have a bit in every row; `rows` are as many times `width` bytes. */
export function common(rows: Buffer, width: number): number[] {
  const blocks: number[] = []
  for (let byte = 0; byte < width; byte++) {
    let all = 0xff
    for (let at = byte; at < rows.length && all !== 0; at += width) all &= rows[at]!
    for (let bit = 0; all !== 0; bit++, all >>= 1) if (all & 1) blocks.push(byte * 8 + bit)
  }
  return blocks
}
