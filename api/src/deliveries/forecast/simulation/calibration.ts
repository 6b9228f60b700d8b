import { RECOMMENDED_LIKELIHOOD } from '../forecast.ts'
import type { Rate } from '../rates.ts'
import { fleet } from './receivers.ts'
import { type Outcome, ReceiverRun } from './simulate.ts'

/** How good forecasts are. A Brier score is the mean squared error, so 0 is perfect. */
export interface Calibration {
  forecasts: number
  brier: number
  /** The Brier score of a constant forecast that equals the share of replays that succeeded. */
  baseRateBrier: number
  recommended: number
  recommendedSucceeded: number
  bins: CalibrationBin[]
}

export interface CalibrationBin {
  from: number
  to: number
  count: number
  meanForecast: number
  succeeded: number
}

const DAY = 86_400

/**
 * Simulates `days` of all receivers, while rates are learned, and returns the outcomes of the replays. The same seed
 * always returns the same outcomes.
 */
export function simulateFleet(seed: number, days = 1): Outcome[] {
  const duration = days * DAY
  const tenant = new Map<string, Rate>()
  const runs = fleet(seed, duration).map((receiver, i) => new ReceiverRun(receiver, tenant, seed * 1_000 + i))
  for (let second = 0; second < duration; second++) for (const run of runs) run.step(second)
  return runs.flatMap(({ outcomes }) => outcomes)
}

const BINS = 10

export function calibrate(outcomes: readonly Outcome[]): Calibration {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  const hit = ({ arrived }: Outcome): number => (arrived ? 1 : 0)
  const baseRate = mean(outcomes.map(hit))
  const recommended = outcomes.filter(({ likelihood }) => likelihood >= RECOMMENDED_LIKELIHOOD)
  return {
    forecasts: outcomes.length,
    brier: mean(outcomes.map((outcome) => (outcome.likelihood - hit(outcome)) ** 2)),
    baseRateBrier: baseRate * (1 - baseRate),
    recommended: recommended.length,
    recommendedSucceeded: mean(recommended.map(hit)),
    bins: Array.from({ length: BINS }, (_, i) => {
      const within = outcomes.filter(({ likelihood }) => Math.min(BINS - 1, Math.floor(likelihood * BINS + 1e-9)) === i)
      return {
        from: i / BINS,
        to: (i + 1) / BINS,
        count: within.length,
        meanForecast: mean(within.map(({ likelihood }) => likelihood)),
        succeeded: mean(within.map(hit)),
      }
    }),
  }
}

/** The reliability table for docs/forecast.md, as Markdown. */
export function reliabilityTable({ bins }: Calibration): string {
  const percent = (value: number) => `${Math.round(value * 100)} %`
  const rows = bins
    .filter(({ count }) => count > 0)
    .map(
      ({ from, to, count, meanForecast, succeeded }) =>
        `| ${from.toFixed(1)} to ${to.toFixed(1)} | ${count} | ${percent(meanForecast)} | ${percent(succeeded)} |`,
    )
  return ['| forecast | replays | mean forecast | succeeded |', '|---|---:|---:|---:|', ...rows].join('\n')
}
