import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSeconds, secondsText } from './seconds-text.ts'

test('a duration is formatted in its largest whole unit', () => {
  expect([1, 90, 300, 5_400, 7_200, 86_400, 2_592_000].map(secondsText)).toEqual([
    '1 s',
    '90 s',
    '5 min',
    '90 min',
    '2 h',
    '1 d',
    '30 d',
  ])
})

test('a formatted duration is parsed as the same number of seconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_592_000 }), (seconds) => {
      expect(parseSeconds(secondsText(seconds))).toBe(seconds)
    }),
  )
})

test('a number alone is seconds, and any other text is refused', () => {
  expect(parseSeconds(' 45 ')).toBe(45)
  expect(parseSeconds('2H')).toBe(7_200)
  for (const text of ['', 'soon', '-5 min', '1.5 h', '5 min 3 s', '3 weeks']) expect(parseSeconds(text)).toBeNull()
})
