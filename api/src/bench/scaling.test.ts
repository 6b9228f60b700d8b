import { expect, test } from 'vitest'
import { serialPart, slopeOf, throughputOf } from './scaling.ts'

test('the serial part of two processes predicts the throughput of others', () => {
  expect(serialPart(1_000, 2_000, 2)).toBe(0)
  expect(serialPart(1_000, 1_000, 4)).toBe(1)
  const part = serialPart(1_000, 1_600, 2)
  expect(part).toBeCloseTo(0.25)
  expect(throughputOf(1_000, part, 2)).toBeCloseTo(1_600)
  expect(throughputOf(1_000, part, 4)).toBeCloseTo(2_285.7, 1)
})

test('the slope is that of the line with the least squares', () => {
  const line = Array.from({ length: 5 }, (_, x) => [x, 3 * x + 7] as const)
  expect(slopeOf(line)).toBeCloseTo(3)
  expect(slopeOf([...line, [5, 22], [6, 25], [7, 40]])).toBeGreaterThan(3)
  expect(slopeOf([[0, 1]])).toBeNaN()
})
