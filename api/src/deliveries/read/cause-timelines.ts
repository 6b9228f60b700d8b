import type { AppContext } from '../../app-context.ts'
import { snapshot } from '../../db/snapshot.ts'
import { bucketAt, bucketEdges, MINUTE_MS } from '../../db/time-buckets.ts'
import { fillBuckets } from '../../db/timeline.ts'
import { countFailureSpans } from '../totals/failures.ts'
import { countOutcomes } from '../totals/outcomes.ts'
import { deliveriesOf } from './delivery-filter.ts'
import { instant } from './delivery-where.ts'
import { CLUSTER_CODE, type ClusterKey, clusterId, clusterOf } from './failure-clusters.ts'
import type { DeliveryBucket } from './stats.ts'

const TIMELINE_MS = 86_400_000

/**
 * The last 24 hours of each cause, by cluster id: the failures of the cause and the successes of its webhook. The
 * totals count dead letters in spans of ten minutes. A span is counted in the bucket in which it begins.
 */
export async function readCauseTimelines(
  core: AppContext,
  { tenantId, causes, buckets }: { tenantId: string | null; causes: readonly ClusterKey[]; buckets: number },
): Promise<Map<string, DeliveryBucket[]>> {
  const end = core.clock()
  const start = end - TIMELINE_MS
  const edges = bucketEdges({ start, end, buckets }, end + MINUTE_MS)
  const starts = edges.slice(0, -1)
  const webhookIds = [...new Set(causes.map(({ webhookId }) => webhookId))]
  const { dead, delivered, failed } = await snapshot(core, async (read) => ({
    dead: await countFailureSpans(read, { tenantId, span: 10, since: start }),
    delivered:
      (await countOutcomes(read, deliveriesOf(webhookIds, end), edges, { byWebhook: true })) ??
      (await read<{ webhookId: string; bucket: number; delivered: number }>(
        `SELECT d.webhook_id AS "webhookId", width_bucket(d.changed_at, $2::timestamptz[]) - 1 AS bucket, count(*)::int AS delivered
         FROM deliveries d WHERE d.webhook_id = ANY($1::uuid[]) AND d.changed_at >= $3 AND d.status = 'DELIVERED' GROUP BY 1, 2`,
        [webhookIds, starts.map(instant), instant(start)],
      )),
    failed: await read<ClusterKey & { bucket: number; n: number }>(
      `SELECT d.webhook_id AS "webhookId", d.last_error_kind AS "errorKind", ${CLUSTER_CODE} AS "statusCode",
         width_bucket(d.changed_at, $2::timestamptz[]) - 1 AS bucket, count(*)::int AS n
       FROM deliveries d WHERE d.status = 'FAILED' AND d.last_error_kind IS NOT NULL AND d.webhook_id = ANY($1::uuid[]) AND d.changed_at >= $3
       GROUP BY 1, 2, 3, 4`,
      [webhookIds, starts.map(instant), instant(start)],
    ),
  }))
  return new Map(
    causes.map((cause) => {
      const id = clusterId(cause)
      const rows = new Map<number, Omit<DeliveryBucket, 'start'> & { bucket: number }>()
      const rowOf = (bucket: number) => {
        const row = rows.get(bucket) ?? { bucket, delivered: 0, failed: 0, deadLetter: 0 }
        rows.set(bucket, row)
        return row
      }
      for (const row of delivered) if (row.webhookId === cause.webhookId) rowOf(row.bucket).delivered += row.delivered
      for (const row of failed) if (clusterId(row) === id) rowOf(row.bucket).failed += row.n
      for (const span of dead)
        if (clusterId(clusterOf(span)) === id)
          rowOf(bucketAt(starts, span.start * MINUTE_MS)).deadLetter += span.deadLetter
      return [
        id,
        fillBuckets({ start, end, buckets }, [...rows.values()], (row) => ({
          delivered: row?.delivered ?? 0,
          failed: row?.failed ?? 0,
          deadLetter: row?.deadLetter ?? 0,
        })),
      ]
    }),
  )
}
