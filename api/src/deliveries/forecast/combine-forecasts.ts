import { type Forecast, RECOMMENDED_LIKELIHOOD } from './forecast.ts'

const NO_FORECAST: Forecast = { likelihood: 0, basis: '', healthySince: null }

/** The forecast for a replay of many deliveries. */
export interface CombinedForecast {
  /** The mean over all deliveries, rounded to two decimals. */
  likelihood: number
  /** Number of deliveries whose replay is recommended. */
  likely: number
  /** The explanation for the largest group. */
  basis: string
  healthySince: Date | null
}

/** Combines the forecasts of groups of similar failures. A group without a forecast counts with a likelihood of 0. */
export function combineForecasts(parts: readonly { count: number; forecast: Forecast | null }[]): CombinedForecast {
  let total = 0
  let sum = 0
  let likely = 0
  let largest = { count: 0, forecast: NO_FORECAST }
  for (const { count, forecast: partForecast } of parts) {
    const forecast = partForecast ?? NO_FORECAST
    total += count
    sum += count * forecast.likelihood
    if (forecast.likelihood >= RECOMMENDED_LIKELIHOOD) likely += count
    if (count > largest.count) largest = { count, forecast }
  }
  const { basis, healthySince } = largest.forecast
  return { likelihood: Math.round((sum / Math.max(1, total)) * 100) / 100, likely, basis, healthySince }
}
