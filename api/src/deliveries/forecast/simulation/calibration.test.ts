import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { calibrate, reliabilityTable, simulateFleet } from './calibration.ts'

const DOCS = new URL('../../../../../docs/forecast.md', import.meta.url)
const SEED = 1

test('forecasts for a simulated fleet have less than half the Brier score of the base rate, and 9 of 10 recommended replays succeed', () => {
  const outcomes = simulateFleet(SEED)
  const calibration = calibrate(outcomes)
  expect(calibration.forecasts).toBeGreaterThan(10_000)
  expect(calibration.brier).toBeLessThanOrEqual(calibration.baseRateBrier / 2)
  expect(calibration.recommendedSucceeded).toBeGreaterThanOrEqual(0.9)
  // Cautious forecasts alone would be easy: most replays that would succeed are recommended, too.
  const succeeded = outcomes.filter(({ arrived }) => arrived)
  expect(calibration.recommended * calibration.recommendedSucceeded).toBeGreaterThan(succeeded.length / 2)

  const docs = readFileSync(DOCS, 'utf8')
  expect(docs, 'docs/forecast.md has the table of this simulation').toContain(reliabilityTable(calibration))
  expect(docs).toContain(`${calibration.brier.toFixed(3)} against ${calibration.baseRateBrier.toFixed(3)}`)
}, 120_000)
