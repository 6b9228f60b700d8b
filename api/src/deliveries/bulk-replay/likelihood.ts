import type { AppContext } from '../../app-context.ts'
import type { ForecastSubject } from '../forecast/forecast.ts'
import { forecastDeliveries } from '../forecast/forecast-deliveries.ts'

/** A forecast is used for at most this long, then it is computed again from the attempts of the last hour. */
const FRESH_MS = 5_000
/** Similar failures of one webhook within the same interval of this length share a forecast: see FORECAST_GROUP. */
const ALIKE_MS = 600_000

/**
 * The likelihoods (0 to 1) that deliveries succeed. Deliveries with the same forecast share one read, which is repeated
 * after FRESH_MS.
 */
export class Likelihoods {
  private readonly core: AppContext
  private readonly likelihoods = new Map<string, number | null>()
  private since = Number.NEGATIVE_INFINITY

  constructor(core: AppContext) {
    this.core = core
  }

  /** Likelihoods in the order of `subjects`; null for a delivery that has not failed. */
  async of(subjects: readonly ForecastSubject[]): Promise<Array<number | null>> {
    const now = performance.now()
    if (now - this.since > FRESH_MS) {
      this.likelihoods.clear()
      this.since = now
    }
    const keys = subjects.map(keyOf)
    const missing = new Map<string, ForecastSubject>()
    for (const [i, key] of keys.entries()) if (!this.likelihoods.has(key)) missing.set(key, subjects[i]!)
    const forecasts = await forecastDeliveries(this.core, [...missing.values()])
    for (const [i, key] of [...missing.keys()].entries()) this.likelihoods.set(key, forecasts[i]?.likelihood ?? null)
    return keys.map((key) => this.likelihoods.get(key) ?? null)
  }
}

const keyOf = (subject: ForecastSubject): string =>
  JSON.stringify([
    subject.webhookId,
    subject.status,
    subject.targetUrl,
    subject.lastErrorKind,
    subject.lastStatusCode,
    Math.floor(subject.failedAt.getTime() / ALIKE_MS),
  ])
