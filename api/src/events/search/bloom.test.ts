import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addBlock, BITS, bitsOfText, common, emptyFilter, GEOMETRY, merge } from './bloom.ts'

function sketch(blocks: number, textsOf: (block: number) => readonly string[]) {
  const made = emptyFilter(blocks)
  for (let block = 0; block < blocks; block++) addBlock(made, block, textsOf(block))
  return made
}

test('there are no false negatives, in any case', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({ maxLength: 60 }),
    fc.constantFrom('Straße İstanbul KELVIN \u212A\u212A', '{"order":12345,"note":"ÄÖÜ abcd"}'),
  )
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      (texts, which, from, length) => {
        const { bits, width } = sketch(8, (block) => (texts[block] === undefined ? [] : [texts[block]]))
        const block = which % texts.length
        const needle = texts[block]!.slice(from % 60, (from % 60) + (length % 60)).toUpperCase()
        const rows = Buffer.concat(bitsOfText(needle).map((place) => bits.subarray(place * width, (place + 1) * width)))
        // Beyond ASCII, changes of case are not always reversible ("ß" becomes "SS"), so such texts are searched only
        // unchanged.
        const asked = /^[\x20-\x7e]*$/.test(needle) ? rows : rowsOf(bits, width, needle.toLowerCase())
        if (asked.length > 0 && texts[block]!.toLowerCase().includes(needle.toLowerCase()))
          expect(common(asked, width)).toContain(block)
      },
    ),
  )
})

const rowsOf = (bits: Buffer, width: number, text: string) =>
  Buffer.concat(bitsOfText(text).map((place) => bits.subarray(place * width, (place + 1) * width)))

test('there are few false positives', () => {
  const words = (i: number) => [
    `{"order":${i * 7919},"reference":"${(i * 2654435761).toString(16)}","customer":"c-${i}"}`,
  ]
  const { bits, width } = sketch(64, words)
  expect(common(rowsOf(bits, width, 'reference'), width)).toHaveLength(64)
  expect(common(rowsOf(bits, width, 'zebra-crossing'), width)).toEqual([])
  expect(bits).toHaveLength(BITS * 8)
})

test('merged filters equal the filter of all blocks', () => {
  const text = (block: number) => [`text number ${block} of many`]
  const all = sketch(32, text)
  const pieces = [0, 1, 2, 3].map((i) => sketch(8, (block) => text(i * 8 + block)).bits)
  expect(merge(pieces, 1).equals(all.bits)).toBe(true)
  const wide = [0, 128].map((from) => Buffer.from(Array.from({ length: 128 }, (_, i) => from + i)))
  const pairs = [0, 64].flatMap((at) => wide.map((piece) => piece.subarray(at, at + 64)))
  expect(merge(wide, 64)).toEqual(Buffer.concat(pairs))
  expect(GEOMETRY.blocks % 8).toBe(0)
})
