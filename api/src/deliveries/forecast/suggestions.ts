import type { AppContext } from '../../app-context.ts'
import { snapshot } from '../../db/snapshot.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import { type TimeWindow, windowMs } from '../../graphql/types/enums.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { groupBy } from '../../kit/group-by.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import type { DeliveryRow } from '../read/delivery-where.ts'
import { clustered, clusterId, clusterOf, filterOf, readExamples } from '../read/failure-clusters.ts'
import type { ReplaySuggestionShape } from '../replay/graphql-suggestion.ts'
import { countFailureSpans, type FailureSpan } from '../totals/failures.ts'
import { combineForecasts } from './combine-forecasts.ts'
import { type Forecast, type ForecastSubject, RECOMMENDED_LIKELIHOOD } from './forecast.ts'
import { forecastDeliveries, subjectOf } from './forecast-deliveries.ts'

const SAMPLED = 5
const MAX_CLUSTERS = 100
const TEN_MINUTES = 10

/**
 * A part of a cluster that gets one forecast: the dead letters of ten minutes, or all dead letters if the window has no
 * start.
 */
interface Part {
  subject: ForecastSubject
  count: number
}

interface Cluster {
  id: string
  spans: readonly FailureSpan[]
  count: number
  oldestAt: Date
  sample: DeliveryRow[]
  parts: Part[]
}

/**
 * Clusters unrecovered dead letters by webhook and error, and decides for each cluster whether a replay is recommended
 * now. Recommended clusters come first, then larger ones. Counts come from the totals, so the cost does not depend on
 * the number of dead letters. The start of the window is rounded down to ten minutes. Failures of other tenants are
 * omitted.
 */
export async function replaySuggestions(
  core: AppContext,
  identity: Identity,
  { window, tenantId }: { window: TimeWindow; tenantId?: string | null },
): Promise<ReplaySuggestionShape[]> {
  const scope = readScope(identity, tenantId, 'tenantId')
  if (scope === null) return []
  const { since, clusters } = await readClusters(core, scope === 'all' ? null : scope.tenantId, window)
  const parts = clusters.flatMap((cluster) => cluster.parts)
  const [webhooks, forecasts] = await Promise.all([
    core.db.prisma.webhook.findMany({
      where: { id: { in: parts.map(({ subject }) => subject.webhookId) }, deletedAt: null },
    }),
    forecastDeliveries(
      core,
      parts.map(({ subject }) => subject),
    ),
  ])
  const byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]))
  const forecastOf = new Map(parts.map((part, i) => [part, forecasts[i]]))
  return clusters
    .flatMap((cluster) => {
      const webhook = byId.get(cluster.spans[0]!.webhookId)
      return webhook
        ? [suggestion(cluster, webhook, { since, tenantId: tenantId ?? null }, (part) => forecastOf.get(part))]
        : []
    })
    .sort((a, b) => rank(b) - rank(a) || b.count - a.count)
}

const rank = ({ likelihood }: ReplaySuggestionShape) => (likelihood >= RECOMMENDED_LIKELIHOOD ? 1 : 0)

async function readClusters(core: AppContext, tenantId: string | null, window: TimeWindow) {
  const now = core.clock()
  const length = windowMs(window)
  const since = length === null ? null : Math.floor((now - length) / MINUTE_MS / TEN_MINUTES) * TEN_MINUTES * MINUTE_MS
  return snapshot(core, async (read) => {
    const spans = await countFailureSpans(read, { tenantId, span: since === null ? 1_440 : TEN_MINUTES, since })
    const largest = [...clustered(spans.filter(({ unrecovered }) => unrecovered > 0))]
      .map(([id, clusterSpans]) => ({
        id,
        spans: clusterSpans,
        count: clusterSpans.reduce((sum, span) => sum + span.unrecovered, 0),
      }))
      .sort((a, b) => b.count - a.count)
      .slice(0, MAX_CLUSTERS)
    const keys = largest.flatMap((cluster) =>
      [...groupBy(cluster.spans, ({ statusCode }) => statusCode).values()].map(([span]) => span!),
    )
    const examples = await readExamples(read, keys, { since, count: SAMPLED })
    const clusters = largest.flatMap((cluster): Cluster[] => {
      const clusterExamples = examples.get(cluster.id)
      const [newest] = clusterExamples?.newest ?? []
      if (!clusterExamples || !newest) return []
      return [
        {
          ...cluster,
          oldestAt: clusterExamples.oldestAt,
          sample: clusterExamples.newest,
          parts: partsOf(cluster, newest, since),
        },
      ]
    })
    return { since, clusters }
  })
}

function partsOf(cluster: Pick<Cluster, 'spans' | 'count'>, newest: DeliveryRow, since: number | null): Part[] {
  if (since === null) return [{ subject: subjectOf(newest), count: cluster.count }]
  return cluster.spans.map(({ start, statusCode, unrecovered }) => ({
    count: unrecovered,
    subject: {
      ...subjectOf(newest),
      lastStatusCode: statusCode,
      failedAt: new Date(Math.min(newest.changedAt.getTime(), (start + TEN_MINUTES) * MINUTE_MS - 1)),
    },
  }))
}

function suggestion(
  cluster: Cluster,
  webhook: WebhookRow,
  { since, tenantId }: { since: number | null; tenantId: string | null },
  forecastOf: (part: Part) => Forecast | null | undefined,
): ReplaySuggestionShape {
  const { count, oldestAt, sample, parts } = cluster
  const key = clusterOf(cluster.spans[0]!)
  const { likelihood, likely, basis, healthySince } = combineForecasts(
    parts.map((part) => ({ count: part.count, forecast: forecastOf(part) ?? null })),
  )
  const deliveries = count === 1 ? '1 dead letter' : `${count.toLocaleString('en')} dead letters`
  const error = key.statusCode === null ? key.errorKind : `HTTP ${key.statusCode}`
  return {
    id: clusterId(key),
    title: `${deliveries} of ${webhook.name} (${error})`,
    reason: `${verdict(likelihood, likely, count)} ${basis}`.trim(),
    webhook,
    errorKind: key.errorKind,
    count,
    oldestAt,
    likely,
    likelihood,
    healthySince,
    sample,
    filter: {
      ...filterOf(key),
      ...(since !== null && { since: new Date(since).toISOString() }),
      ...(tenantId !== null && { tenantId }),
    },
  }
}

function verdict(likelihood: number, likely: number, count: number): string {
  if (likelihood >= RECOMMENDED_LIKELIHOOD) return 'Worth replaying.'
  const few = count === 1 ? 'It' : 'Most of them'
  if (likely > 0)
    return `Worth replaying in part: ${likely.toLocaleString('en')} of ${count.toLocaleString('en')} are likely to succeed.`
  return likelihood >= 0.4
    ? 'Not worth replaying yet: it may succeed or not.'
    : `Not worth replaying now. ${few} would fail again.`
}
