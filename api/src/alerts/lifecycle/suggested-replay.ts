import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import { combineForecasts } from '../../deliveries/forecast/combine-forecasts.ts'
import type { ForecastSubject } from '../../deliveries/forecast/forecast.ts'
import { FORECAST_GROUP, forecastDeliveries } from '../../deliveries/forecast/forecast-deliveries.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, UNRECOVERED } from '../../deliveries/read/delivery-where.ts'
import type { ReplaySuggestionShape } from '../../deliveries/replay/graphql-suggestion.ts'
import { eventLoader } from '../../events/graphql.ts'
import type { Context } from '../../graphql/context.ts'
import { publicId, tryUuid } from '../../kit/ids.ts'
import { webhookLoader } from '../../webhooks/loaders.ts'
import type { AlertRow } from './alert.ts'

const SAMPLED = 5
/**
 * Maximum number of groups of deliveries with the same kind of failure. Smaller groups hardly change the overall
 * forecast.
 */
const MAX_GROUPS = 200

/**
 * The webhook that an alert is about: the webhook named as the subject of the alert's events. Null if the alert is
 * about something else.
 */
export async function webhookOfAlert({ group, eventIds }: AlertRow, context: Context): Promise<string | null> {
  const { subject } = group as Record<string, string | null>
  if (subject) return tryUuid('whk', subject)
  const [newest] = eventIds
  const event = newest ? await eventLoader(context).load(newest) : null
  return event?.type.startsWith('webhook.') && event.subject ? tryUuid('whk', event.subject) : null
}

interface Outage {
  since: Date
  until: Date | null
  count: number
  oldestAt: Date | null
  errorKind: ErrorKind | null
}

/** A success ends an outage only if no delivery dies for this time. A receiver that flaps has one outage. */
const QUIET = `interval '10 minutes'`

/**
 * The outage around an alert, and the deliveries that died in it and have not been replayed since. Two dead letters
 * belong to the same outage if less than QUIET or no success lies between them; the same holds for the time of the
 * alert, which is up to a minute later than the dead letters that it reports. The outage ends with the first success
 * after its last dead letter.
 */
const OUTAGE = `WITH points AS MATERIALIZED (
    SELECT at, died, lag(at) OVER (ORDER BY at) AS before FROM (
      SELECT d.changed_at AS at, true AS died FROM deliveries d
      WHERE d.webhook_id = $1 AND ${UNRECOVERED} AND d.changed_at > $2::timestamptz - interval '30 days'
      UNION ALL SELECT $2::timestamptz, false) AS p
  ), starts AS MATERIALIZED (
    SELECT p.at FROM points p WHERE p.before IS NULL OR (p.at - p.before >= ${QUIET} AND EXISTS (
      SELECT FROM deliveries s WHERE s.webhook_id = $1 AND s.status = 'DELIVERED' AND s.changed_at > p.before AND s.changed_at < p.at))
  ), spans AS (
    SELECT (SELECT max(at) FROM starts WHERE at <= $2) AS since, (SELECT min(at) FROM starts WHERE at > $2) AS next
  ), outage AS (
    SELECT s.since, (SELECT d.changed_at FROM deliveries d WHERE d.webhook_id = $1 AND d.status = 'DELIVERED'
        AND d.changed_at > (SELECT max(p.at) FROM points p WHERE p.died AND p.at >= s.since AND (s.next IS NULL OR p.at < s.next))
      ORDER BY d.changed_at LIMIT 1) AS until
    FROM spans s
  )
  SELECT o.since, o.until, count(d.id)::int AS count, min(d.changed_at) AS "oldestAt",
    mode() WITHIN GROUP (ORDER BY d.last_error_kind) AS "errorKind"
  FROM outage o LEFT JOIN deliveries d ON d.webhook_id = $1 AND ${UNRECOVERED} AND d.changed_at >= o.since AND d.changed_at < o.until
  GROUP BY 1, 2`

/** The deliveries of a webhook ($1) that died in an outage, which lasted from $2 to $3. */
const DIED = `d.webhook_id = $1 AND ${UNRECOVERED} AND d.changed_at >= $2 AND d.changed_at < $3`

/**
 * Suggests a replay of exactly the deliveries that died in the outage of an alert's webhook. Null while the webhook is
 * not healthy again, when nothing is left to replay, and if the alert is not about a webhook. A webhook is healthy when
 * it has delivered something since the outage: an operator who resumes it resets its failures, but proves nothing.
 */
export async function suggestedReplay(alert: AlertRow, context: Context): Promise<ReplaySuggestionShape | null> {
  const webhookId = await webhookOfAlert(alert, context)
  const webhook = webhookId ? await webhookLoader(context).load(webhookId) : null
  if (webhook?.state !== 'ENABLED' || webhook.circuit !== 'CLOSED' || webhook.failingSince !== null) return null
  const { db } = context.core
  const [outage] = await db.query<Outage>(OUTAGE, [webhook.id, alert.startedAt.toISOString()])
  if (!outage?.until || !outage.oldestAt) return null
  const values = [webhook.id, outage.since, outage.until]
  const [sample, groups] = await Promise.all([
    db.query<DeliveryRow>(
      `SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE ${DIED} ORDER BY d.changed_at DESC LIMIT ${SAMPLED}`,
      values,
    ),
    db.query<ForecastSubject & { count: number }>(
      `SELECT ${FORECAST_GROUP.columns}, count(*)::int AS count FROM deliveries d WHERE ${DIED} GROUP BY ${FORECAST_GROUP.groupBy}
       ORDER BY count(*) DESC LIMIT ${MAX_GROUPS}`,
      values,
    ),
  ])
  const forecasts = await forecastDeliveries(context.core, groups)
  const { likelihood, likely, basis } = combineForecasts(
    groups.map(({ count }, i) => ({ count, forecast: forecasts[i] ?? null })),
  )
  const died = outage.count === 1 ? '1 delivery' : `${outage.count} deliveries`
  return {
    id: publicId('alr', alert.id),
    title: `Replay ${died} of ${webhook.name}`,
    reason:
      `${died} became dead letters in the outage that this alert reports. The webhook accepts deliveries again. ${basis}`.trim(),
    webhook,
    errorKind: outage.errorKind ?? 'INTERNAL',
    count: outage.count,
    oldestAt: outage.oldestAt,
    likely,
    likelihood,
    healthySince: outage.until,
    sample,
    filter: {
      webhookIds: [publicId('whk', webhook.id)],
      statuses: ['DEAD_LETTER'],
      recovered: false,
      since: outage.since.toISOString(),
      until: outage.until.toISOString(),
    },
  }
}
