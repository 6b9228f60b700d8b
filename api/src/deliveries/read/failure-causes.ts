import type { AppContext } from '../../app-context.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { sqlValues } from '../../db/sql-value.ts'
import { checkBuckets } from '../../db/timeline.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { memoizeBy } from '../../kit/async/memoize.ts'
import { badInput } from '../../kit/errors.ts'
import { groupBy } from '../../kit/group-by.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import type { Forecast } from '../forecast/forecast.ts'
import { forecastDeliveries, subjectOf } from '../forecast/forecast-deliveries.ts'
import { openByWebhook } from '../totals/created.ts'
import { countFailureSpans, type FailureSpan } from '../totals/failures.ts'
import { readCauseTimelines } from './cause-timelines.ts'
import type { DeliveryFilter } from './delivery-filter.ts'
import { DELIVERY_COLUMNS, type DeliveryRow } from './delivery-where.ts'
import {
  CLUSTER_CODE,
  type ClusterKey,
  clustered,
  clusterId,
  clusterOf,
  filterOf,
  readExamples,
} from './failure-clusters.ts'
import type { DeliveryBucket } from './stats.ts'

/** A cause of failures: the dead letters and retrying deliveries of one webhook that failed with the same error. */
export interface FailureCause extends ClusterKey, Omit<Forecast, 'healthySince'> {
  webhook: WebhookRow
  unrecovered: number
  /**
   * Number of deliveries that will be retried after this error. The newest cause of a webhook also includes the
   * deliveries that wait for the first attempt while the circuit is not closed.
   */
  open: number
  oldestAt: Date
  newestAt: Date
  /** The delivery that failed last. */
  sample: DeliveryRow
  /** A filter for the unrecovered dead letters of this cause. */
  filter: DeliveryFilter
  timeline(buckets: number): Promise<DeliveryBucket[]>
}

const MAX_CAUSES = 200

/** The deliveries of a cluster that will be retried. */
interface Retrying extends ClusterKey {
  open: number
  oldestAt: Date
  /** When the newest of them last changed, as PostgreSQL writes it, with microseconds. */
  newestAt: string
}

interface Cause extends ClusterKey {
  id: string
  unrecovered: number
  open: number
  oldestAt: Date
  newestAt: Date
  sample: DeliveryRow
}

/**
 * Groups failures by webhook and error, the group with the most unrecovered dead letters first. Dead letters are
 * counted with the totals, retrying deliveries with an index. Failures of other tenants are omitted. Throws
 * BAD_USER_INPUT unless `first` is 1 to 200.
 */
export async function failureCauses(
  core: AppContext,
  identity: Identity,
  { tenantId, first }: { tenantId?: string | null; first: number },
): Promise<FailureCause[]> {
  if (first < 1 || first > MAX_CAUSES) throw badInput('first', `is ${first}; expected 1 to ${MAX_CAUSES}`)
  const scope = readScope(identity, tenantId, 'tenantId')
  if (scope === null) return []
  const tenant = scope === 'all' ? null : scope.tenantId
  const { causes, waiting } = await snapshot(core, async (read) => {
    const spans = await countFailureSpans(read, { tenantId: tenant, span: 1_440, since: null })
    const retrying = await readRetrying(read, tenant)
    const causes = await readCauses(read, spans, retrying, first)
    return { causes, waiting: await readWaiting(read, causes, retrying) }
  })
  const webhookIds = [...new Set(causes.map(({ webhookId }) => webhookId))]
  const [webhooks, forecasts] = await Promise.all([
    core.db.prisma.webhook.findMany({ where: { id: { in: webhookIds } } }),
    forecastDeliveries(
      core,
      causes.map(({ sample }) => subjectOf(sample)),
    ),
  ])
  const byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]))
  const timelines = memoizeBy((buckets: number) => readCauseTimelines(core, { tenantId: tenant, causes, buckets }))
  const newest = new Map<string, Cause>()
  for (const cause of causes) {
    const latest = newest.get(cause.webhookId)
    if (!latest || latest.newestAt < cause.newestAt) newest.set(cause.webhookId, cause)
  }
  return causes.flatMap((cause, i): FailureCause[] => {
    const webhook = byId.get(cause.webhookId)
    if (!webhook) return []
    const held = newest.get(cause.webhookId) === cause ? (waiting.get(cause.webhookId) ?? 0) : 0
    return [
      {
        ...cause,
        ...(forecasts[i] ?? { likelihood: 0, basis: 'The newest of them is no longer retried or dead.' }),
        open: cause.open + held,
        webhook,
        filter: filterOf(cause),
        timeline: async (buckets) => (await timelines(checkBuckets(buckets))).get(cause.id) ?? [],
      },
    ]
  })
}

async function readCauses(
  read: Read,
  spans: readonly FailureSpan[],
  retrying: readonly Retrying[],
  first: number,
): Promise<Cause[]> {
  const dead = clustered(spans.filter(({ unrecovered }) => unrecovered > 0))
  const open = new Map(retrying.map((row) => [clusterId(row), row]))
  const ranked = [...new Set([...dead.keys(), ...open.keys()])]
    .map((id) => {
      const deadSpans = dead.get(id) ?? []
      const unrecovered = deadSpans.reduce((sum, span) => sum + span.unrecovered, 0)
      return { id, deadSpans, unrecovered, retrying: open.get(id) }
    })
    .sort(
      (a, b) =>
        b.unrecovered - a.unrecovered || (b.retrying?.open ?? 0) - (a.retrying?.open ?? 0) || (a.id < b.id ? -1 : 1),
    )
    .slice(0, first)
  const keys = ranked.flatMap(({ deadSpans }) =>
    [...groupBy(deadSpans, (span) => span.statusCode).values()].map(([span]) => span!),
  )
  const examples = await readExamples(read, keys, { since: null, count: 1 })
  const samples = await readSamples(
    read,
    ranked.flatMap(({ retrying }) => retrying ?? []),
  )
  return ranked.flatMap(({ id, deadSpans, unrecovered, retrying }): Cause[] => {
    const example = examples.get(id)
    const deadSample = example?.newest[0]
    const openSample = retrying && samples.get(id)
    const sample =
      deadSample && openSample
        ? deadSample.changedAt >= openSample.changedAt
          ? deadSample
          : openSample
        : (deadSample ?? openSample)
    const key = deadSpans[0] ? clusterOf(deadSpans[0]) : retrying
    if (!sample || !key) return []
    const times = [example?.oldestAt, retrying?.oldestAt].filter((at) => at !== undefined)
    return [
      {
        webhookId: key.webhookId,
        errorKind: key.errorKind,
        statusCode: key.statusCode,
        id,
        unrecovered,
        open: retrying?.open ?? 0,
        oldestAt: new Date(Math.min(...times.map((at) => at.getTime()))),
        newestAt: sample.changedAt,
        sample,
      },
    ]
  })
}

function readRetrying(read: Read, tenant: string | null): Promise<Retrying[]> {
  const values: unknown[] = []
  const ofTenant = tenant === null ? 'true' : `d.tenant_id = ${sqlValues(values)(tenant)}`
  return read<Retrying>(
    `SELECT d.webhook_id AS "webhookId", d.last_error_kind AS "errorKind", ${CLUSTER_CODE} AS "statusCode", count(*)::int AS open,
       min(d.changed_at) AS "oldestAt", max(d.changed_at)::text AS "newestAt"
     FROM deliveries d WHERE d.status = 'FAILED' AND ${ofTenant} AND d.last_error_kind IS NOT NULL GROUP BY 1, 2, 3`,
    values,
    { prepared: true },
  )
}

/** The newest retrying delivery of each cluster, by cluster id. */
async function readSamples(read: Read, retrying: readonly Retrying[]): Promise<Map<string, DeliveryRow>> {
  if (retrying.length === 0) return new Map()
  const rows = await read<DeliveryRow & ClusterKey>(
    `SELECT ${DELIVERY_COLUMNS}, d.last_error_kind AS "errorKind", ${CLUSTER_CODE} AS "statusCode"
     FROM unnest($1::uuid[], $2::timestamptz[]) AS newest(webhook_id, at) CROSS JOIN LATERAL (
       SELECT * FROM deliveries d WHERE d.status = 'FAILED' AND d.changed_at = newest.at AND d.webhook_id = newest.webhook_id
         AND d.last_error_kind IS NOT NULL OFFSET 0) AS d`,
    [retrying.map(({ webhookId }) => webhookId), retrying.map(({ newestAt }) => newestAt)],
    { prepared: true },
  )
  return new Map(rows.map((row) => [clusterId(row), row]))
}

/** Number of deliveries by webhook that wait for their first attempt while the circuit is not closed. */
async function readWaiting(
  read: Read,
  causes: readonly Cause[],
  retrying: readonly Retrying[],
): Promise<Map<string, number>> {
  const broken = await read<{ id: string }>(
    `SELECT id FROM webhooks WHERE id = ANY($1::uuid[]) AND circuit <> 'CLOSED'`,
    [[...new Set(causes.map(({ webhookId }) => webhookId))]],
  )
  const ids = broken.map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const open = await openByWebhook(read, ids)
  if (open) {
    const failed = groupBy(retrying, ({ webhookId }) => webhookId)
    return new Map(
      ids.map((id) => [id, (open.get(id) ?? 0) - (failed.get(id) ?? []).reduce((sum, row) => sum + row.open, 0)]),
    )
  }
  const rows = await read<{ id: string; n: number }>(
    `SELECT webhook_id AS id, count(*)::int AS n FROM deliveries WHERE webhook_id = ANY($1::uuid[]) AND status = 'PENDING' GROUP BY 1`,
    [ids],
  )
  return new Map(rows.map(({ id, n }) => [id, n]))
}
