import type { AppContext } from '../../app-context.ts'
import { type Forecast, type ForecastSubject, forecast } from './forecast.ts'
import { readEvidence } from './read-evidence.ts'
import { readRates } from './read-rates.ts'

/**
 * Forecasts for many deliveries, in the same order. Null for deliveries that are neither FAILED nor DEAD_LETTER. The
 * number of statements does not depend on the number of deliveries and webhooks, except for one statement per tenant
 * whose rates are not cached. Similar failures of one webhook within ten minutes may be passed as one subject: see
 * `FORECAST_GROUP`.
 */
export async function forecastDeliveries(
  core: AppContext,
  subjects: readonly ForecastSubject[],
): Promise<Array<Forecast | null>> {
  if (subjects.length === 0) return []
  const now = core.clock()
  const { receiverOf, around } = await readEvidence(core, subjects, now)
  return Promise.all(
    subjects.map(async (delivery) => {
      const receiver = receiverOf(delivery.webhookId)
      if (!receiver) return null
      const ratesOf = await readRates(core, receiver.webhook.tenantId)
      const learned = ratesOf(delivery.webhookId)
      return forecast({
        delivery,
        webhook: receiver.webhook,
        receiver: receiver.evidence,
        around: around(delivery),
        learned,
        now,
      })
    }),
  )
}

/**
 * Columns and a GROUP BY clause that group similar failures in `deliveries d` within ten minutes into one
 * ForecastSubject. So a million deliveries need only a few hundred forecasts. `failedAt` is the time of the newest
 * failure of the group. To get the deliveries of a group, add `count(*)` or `array_agg(d.id)`.
 */
export const FORECAST_GROUP = {
  columns: `d.status, d.webhook_id AS "webhookId", d.target_url AS "targetUrl", d.last_error_kind AS "lastErrorKind",
    d.last_status_code AS "lastStatusCode", max(d.changed_at) AS "failedAt"`,
  groupBy: `d.status, d.webhook_id, d.target_url, d.last_error_kind, d.last_status_code, date_bin('10 minutes', d.changed_at, 'epoch'::timestamptz)`,
} as const

/** Converts a delivery to the subject of a forecast. */
export const subjectOf = (delivery: Omit<ForecastSubject, 'failedAt'> & { changedAt: Date }): ForecastSubject => ({
  status: delivery.status,
  webhookId: delivery.webhookId,
  targetUrl: delivery.targetUrl,
  lastErrorKind: delivery.lastErrorKind,
  lastStatusCode: delivery.lastStatusCode,
  failedAt: delivery.changedAt,
})
