import type { AppContext } from '../../app-context.ts'
import { type Forecast, type ForecastSubject, forecast } from './forecast.ts'
import { NOTHING_LEARNED } from './rates.ts'
import { readReceivers } from './read-evidence.ts'
import { NO_ATTEMPTS } from './receiver.ts'

/**
 * Forecasts for many deliveries, in their order; null for those that are neither FAILED nor DEAD_LETTER. It takes a fixed number of
 * statements, however many deliveries and webhooks there are. Subjects of one webhook that failed alike within ten minutes have
 * equal forecasts: see `FORECAST_GROUP`.
 */
export async function forecastDeliveries(
  core: AppContext,
  subjects: readonly ForecastSubject[],
): Promise<Array<Forecast | null>> {
  const webhookIds = [...new Set(subjects.map(({ webhookId }) => webhookId))]
  if (webhookIds.length === 0) return []
  const now = core.clock()
  const receivers = await readReceivers(core, webhookIds, now)
  return subjects.map((delivery) => {
    const known = receivers.get(delivery.webhookId)
    if (!known) return null
    const { webhook, evidence } = known
    return forecast({ delivery, webhook, receiver: evidence, around: NO_ATTEMPTS, learned: NOTHING_LEARNED, now })
  })
}

/**
 * Columns and GROUP BY that gather `deliveries d` into one ForecastSubject for all that share a forecast, so that a million
 * deliveries need a few hundred forecasts. Add `count(*)` or `array_agg(d.id)` for the deliveries themselves.
 */
export const FORECAST_GROUP = {
  columns: `d.status, d.webhook_id AS "webhookId", d.target_url AS "targetUrl", d.last_error_kind AS "lastErrorKind",
    d.last_status_code AS "lastStatusCode", max(d.changed_at) AS "failedAt"`,
  groupBy: `d.status, d.webhook_id, d.target_url, d.last_error_kind, d.last_status_code, date_bin('10 minutes', d.changed_at, 'epoch'::timestamptz)`,
} as const

/** A row of deliveries as a subject of forecasts. */
export const subjectOf = (delivery: Omit<ForecastSubject, 'failedAt'> & { changedAt: Date }): ForecastSubject => ({
  status: delivery.status,
  webhookId: delivery.webhookId,
  targetUrl: delivery.targetUrl,
  lastErrorKind: delivery.lastErrorKind,
  lastStatusCode: delivery.lastStatusCode,
  failedAt: delivery.changedAt,
})
