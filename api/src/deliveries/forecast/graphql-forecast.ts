import { builder } from '../../graphql/builder.ts'
import type { Context } from '../../graphql/context.ts'
import { createLoader } from '../../graphql/loader.ts'
import type { DeliveryRow } from '../read/delivery-where.ts'
import type { Forecast, ForecastSubject } from './forecast.ts'
import { forecastDeliveries, subjectOf } from './forecast-deliveries.ts'

export const ReplayForecast = builder.objectRef<Forecast>('ReplayForecast').implement({
  description: 'The likelihood that a replay would succeed now.',
  fields: (t) => ({
    likelihood: t.exposeFloat('likelihood', { description: '0 to 1; replays are recommended from 0.8 on.' }),
    basis: t.exposeString('basis', { description: 'The reasons, as text.' }),
  }),
})

/**
 * Computes all forecasts of an operation together. The key is the subject as JSON, so similar failures share a
 * forecast.
 */
const forecastLoader = createLoader<Forecast>(async (keys, { core }) => {
  const forecasts = await forecastDeliveries(core, keys.map(parsed))
  return new Map(
    keys.flatMap((key, i) => {
      const forecast = forecasts[i]
      return forecast ? [[key, forecast] as const] : []
    }),
  )
})

const parsed = (key: string): ForecastSubject => {
  const subject: ForecastSubject = JSON.parse(key)
  return { ...subject, failedAt: new Date(subject.failedAt) }
}

/** Null if the delivery is neither FAILED nor DEAD_LETTER. */
export async function forecastOf(context: Context, delivery: DeliveryRow): Promise<Forecast | null> {
  if (delivery.status !== 'FAILED' && delivery.status !== 'DEAD_LETTER') return null
  return forecastLoader(context).load(JSON.stringify(subjectOf(delivery)))
}
