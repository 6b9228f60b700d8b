import { type Forecast, RECOMMENDED_LIKELIHOOD } from './forecast.ts'

const NO_FORECAST: Forecast = { likelihood: 0, basis: '', healthySince: null }

/** What a replay of many deliveries would come to. */
export interface CombinedForecast {
  /** The mean over all deliveries, rounded to two decimals. */
  likelihood: number
  /** Number of deliveries whose replay is recommended. */
  likely: number
  /** Explanation of the largest part. */
  basis: string
  healthySince: Date | null
}

/** Combines the forecasts of groups of deliveries that failed alike; a group without a forecast counts as hopeless. */
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
