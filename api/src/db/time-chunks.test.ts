import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timeChunks } from './time-chunks.ts'

test('chunks cover the time range in list order', () => {
  const instant = fc.oneof(fc.integer({ min: 0, max: 4_000_000_000 }), fc.constant(0))
  fc.assert(
    fc.property(
      instant,
      instant,
      instant,
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.boolean(),
      (a, b, now, order, short) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const cut = timeChunks({ from, to }, order, now, short)
        const ascending = order === 'asc' ? cut : cut.toReversed()
        let at = from
        for (const piece of ascending) {
          expect(piece.from).toBe(at)
          expect(piece.to).toBeGreaterThan(piece.from)
          at = piece.to
        }
        expect(at).toBe(to)
      },
    ),
  )
})
