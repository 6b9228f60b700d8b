import fc from 'fast-check'
import { expect, test } from 'vitest'
import { axisPlaces } from './axis.ts'

test('positions are proportional to time', () => {
  expect(axisPlaces([0, 50, 100], 0, 100)).toEqual([0, 0.5, 1])
})

test('points keep their order and distance and stay on the axis', () => {
  const instants = fc
    .array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 12 })
    .map((all) => all.sort((a, b) => a - b))
  fc.assert(
    fc.property(instants, (all) => {
      const places = axisPlaces(all, 0, 1_000)
      places.forEach((place, index) => {
        expect(place).toBeGreaterThanOrEqual(-1e-9)
        expect(place).toBeLessThanOrEqual(1 + 1e-9)
        const before = places[index - 1]
        if (before !== undefined) expect(place - before).toBeGreaterThanOrEqual(Math.min(0.075, 1 / all.length) - 1e-9)
      })
    }),
  )
})
