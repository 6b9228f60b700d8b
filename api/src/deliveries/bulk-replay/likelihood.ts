import type { AppContext } from '../../app-context.ts'
import type { ForecastSubject } from '../forecast/forecast.ts'
import { forecastDeliveries } from '../forecast/forecast-deliveries.ts'

/** Maximum age of a forecast, which reads the attempts of the last hour. */
const FRESH_MS = 5_000
/** Like failures of one webhook within this time have equal forecasts: see FORECAST_GROUP. */
const ALIKE_MS = 600_000

/** The likelihoods of deliveries, 0 to 1, read at most once in FRESH_MS for those that share a forecast. */
export class Likelihoods {
  private readonly core: AppContext
  private readonly likelihoods = new Map<string, number | null>()
  private since = Number.NEGATIVE_INFINITY

  constructor(core: AppContext) {
    this.core = core
  }

  /** In the order of the deliveries; null for those that did not fail. */
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
