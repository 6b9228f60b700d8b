/**
 * Bloom filters for the text of events. Each block (64 consecutive events of a partition) has one filter. It contains
 * the runs of four characters (4-grams) in the texts of the block; two hashes per run select its bits. A text can only
 * occur in a block whose filter has the bits of all runs of the text, so the rows of other blocks need not be read. The
 * filters of many blocks are stored bit-sliced: the values of one bit for all blocks are stored together. So looking up
 * one run reads only a few bytes for thousands of blocks.
 */

/** How events are grouped. A segment of level n has `blocks` * `fanout`^n blocks. */
export interface Geometry {
  /** Events per block. */
  block: number
  /** Blocks per segment of level 0; a multiple of 8. */
  blocks: number
  /** Number of segments that are merged into one segment of the next level. */
  fanout: number
  /** Number of levels. Segments of the last level are not merged. */
  levels: number
  /** Number of rows in which one filter is stored. A power of two. */
  parts: number
  /** Minimum number of blocks per append. It is more than one because each append rewrites a segment. */
  together: number
}

/** Segments of 512, 8,192 and 131,072 events, with filters of 32 KiB, 512 KiB and 8 MiB. */
export const GEOMETRY: Geometry = { block: 64, blocks: 8, fanout: 16, levels: 3, parts: 32, together: 4 }

/** Number of bits per block. A typical block has about 5,000 different runs, which set 30 % of the bits. */
export const BITS = 32_768
const RUN = 4
/** At most this many runs of a text are looked up. More would hardly reduce the number of blocks. */
const MAX_RUNS = 12

export const blocksOf = (geometry: Geometry, level: number): number => geometry.blocks * geometry.fanout ** level
export const eventsOf = (geometry: Geometry, level: number): number => blocksOf(geometry, level) * geometry.block

/**
 * Converts a text to lower case. In some locales PostgreSQL's lower() maps these two characters to "i", but JavaScript
 * does not.
 */
const fold = (text: string): string => text.replace(/[\u0130\u0131]/g, 'i').toLowerCase()

/** Matches non-ASCII characters. Their lower case differs between PostgreSQL and JavaScript. */
const NON_ASCII = /[^\0-\x7f]/

/**
 * The two bit positions of a run of four 7-bit characters. The low 15 bits of the result are the first, the next 15
 * bits the second.
 */
function positionsOfRun(run: number): number {
  const hash = Math.imul(run ^ (run >>> 15), 0x85ebca6b)
  return Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 2
}

/**
 * Sets the bits of all runs of a text. Most of the time is spent here, so there is no function call per character and
 * no allocation.
 */
function mark(text: string, positions: Uint8Array): void {
  const folded = fold(text)
  const plain = !NON_ASCII.test(folded)
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
    const pair = positionsOfRun(run)
    positions[pair & (BITS - 1)] = 1
    positions[(pair >>> 15) & (BITS - 1)] = 1
  }
}

/** The bits that a block must have for the text to occur in it. Empty if the text is too short to exclude any block. */
export function bitsOfText(text: string): number[] {
  const folded = fold(text)
  const runs: number[] = []
  for (let i = 0; i + RUN <= folded.length; i++) {
    const run = folded.slice(i, i + RUN)
    if (!NON_ASCII.test(run)) runs.push([...run].reduce((bits, character) => (bits << 7) | character.charCodeAt(0), 0))
  }
  // Runs are taken from all parts of the text, because adjacent runs often occur together.
  const step = Math.max(1, runs.length / MAX_RUNS)
  const positions = new Set<number>()
  for (let i = 0; i < runs.length; i += step) {
    const pair = positionsOfRun(runs[Math.floor(i)]!)
    positions.add(pair & (BITS - 1)).add((pair >>> 15) & (BITS - 1))
  }
  return [...positions]
}

/** The bit-sliced filters of a segment. Each bit position has `width` bytes, which contain one bit per block. */
export interface BloomFilter {
  width: number
  bits: Buffer
}

/** Empty filters for a number of blocks, which must be a multiple of 8. */
export const emptyFilter = (blocks: number): BloomFilter => ({
  width: blocks / 8,
  bits: Buffer.alloc((BITS * blocks) / 8),
})

/** The bits of the current block. The array is reused, so that it stays in the CPU cache. */
const blockBits = new Uint8Array(BITS)

/** Adds the texts of a block. Takes about 3 µs for a text of 300 characters. */
export function addBlock({ width, bits }: BloomFilter, block: number, texts: readonly string[]): void {
  if (texts.length === 0) return
  blockBits.fill(0)
  for (const text of texts) mark(text, blockBits)
  const byte = block >> 3
  const bit = 1 << (block & 7)
  for (let place = 0; place < BITS; place++) if (blockBits[place] === 1) bits[place * width + byte]! |= bit
}

/** Up to this length, copying byte by byte is faster than Buffer.copy. */
const SHORT = 32

/**
 * Merges the filters of adjacent segments, or the same part of each: for each bit position, their bytes are
 * concatenated.
 */
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

/** The numbers of the blocks whose bit is set in all rows. A row has `width` bytes. */
export function common(rows: Buffer, width: number): number[] {
  const blocks: number[] = []
  for (let byte = 0; byte < width; byte++) {
    let all = 0xff
    for (let at = byte; at < rows.length && all !== 0; at += width) all &= rows[at]!
    for (let bit = 0; all !== 0; bit++, all >>= 1) if (all & 1) blocks.push(byte * 8 + bit)
  }
  return blocks
}
