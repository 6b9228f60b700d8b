import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileSchema } from './compile.ts'
import { multipleOf } from './multiple-of.ts'

test.each([
  [19.99, 0.01, true],
  [0.3, 0.1, true],
  [4.02, 0.01, true],
  [-1.1, 0.1, true],
  [19.995, 0.01, false],
  [12391239123, 1e-8, true],
  [1e23, 10, true],
  [1e308, 0.123456789, false],
  [1e308, 5e-324, true],
  [0, 0.01, true],
  [7, 2, false],
])('%d against multipleOf %d: %s', (value, divisor, expected) => {
  expect(compileSchema({ multipleOf: divisor }, 'schema')(value) === null).toBe(expected)
})

test('whole cents are multiples of 0.01, tenths of a cent are not', () => {
  const isPrice = multipleOf(0.01)
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 1, max: 9 }), (cents, tenth) => {
      expect(isPrice(Number(`${cents}e-2`))).toBe(true)
      expect(isPrice(Number(`${cents * 10 + Math.sign(cents || 1) * tenth}e-3`))).toBe(false)
    }),
  )
})
