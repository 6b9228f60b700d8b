import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { sqlValues } from '../../db/sql-value.ts'
import { checkBuckets, fillBuckets } from '../../db/timeline.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { badInput } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { memoizeBy } from '../../kit/memoize.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import type { Forecast } from '../forecast/forecast.ts'
import { forecastDeliveries, subjectOf } from '../forecast/forecast-deliveries.ts'
import type { DeliveryFilter } from './delivery-filter.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, instant, UNRECOVERED } from './delivery-where.ts'
import type { DeliveryBucket } from './stats.ts'

/** What is failing now: the dead letters and the retrying deliveries of one webhook that failed alike. */
export interface FailureCause extends Forecast {
  webhook: WebhookRow
  errorKind: ErrorKind
  /** The HTTP status of the answers; null when none came, and where several are one cause. */
  statusCode: number | null
  unrecovered: number
  /** Retrying after this error; and for the webhook's newest cause, what waits behind its open circuit. */
  open: number
  oldestAt: Date
  newestAt: Date
  /** The newest failure. */
  sample: DeliveryRow
  /** Finds the unrecovered ones. */
  filter: DeliveryFilter
  timeline(buckets: number): Promise<DeliveryBucket[]>
}

const MAX_CAUSES = 200
const TIMELINE_MS = 86_400_000

interface Group {
  webhookId: string
  errorKind: ErrorKind
  statusCode: number | null
  unrecovered: number
  open: number
  oldestAt: Date
  newestAt: Date
  sampleId: string
}

/**
 * 4xx answers with different status codes are different causes: credentials are mended, an invalid request stays one. Other errors of a
 * webhook are one cause each, whatever the status: an outage answers 502, 503 and 504 in turns.
 */
const CODE = `CASE WHEN d.last_error_kind = 'HTTP_4XX' THEN d.last_status_code END`

/**
 * Groups failures by webhook and error, most unrecovered first. Throws BAD_USER_INPUT unless `first` is 1 to 200; another tenant's
 * failures are none.
 */
export async function failureCauses(
  core: AppContext,
  identity: Identity,
  { tenantId, first }: { tenantId?: string | null; first: number },
): Promise<FailureCause[]> {
  if (first < 1 || first > MAX_CAUSES) throw badInput('first', `is ${first}; takes 1 to ${MAX_CAUSES}`)
  const scope = readScope(identity, tenantId, 'tenantId')
  if (scope === null) return []
  const tenant = scope === 'all' ? null : scope.tenantId
  const { groups, samples, waiting } = await snapshot(core, async (read) => {
    const groups = await readGroups(read, tenant, first)
    return { groups, samples: await readSamples(read, groups), waiting: await readWaiting(read, groups) }
  })
  const webhookIds = [...new Set(groups.map(({ webhookId }) => webhookId))]
  const [webhooks, forecasts] = await Promise.all([
    core.db.prisma.webhook.findMany({ where: { id: { in: webhookIds } } }),
    forecastDeliveries(
      core,
      groups.map(({ sampleId }) => subjectOf(samples.get(sampleId)!)),
    ),
  ])
  const byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]))
  const timelines = memoizeBy((buckets: number) => readTimelines(core, groups, buckets))
  const newest = new Map<string, Group>()
  for (const group of groups) {
    const known = newest.get(group.webhookId)
    if (!known || known.newestAt < group.newestAt) newest.set(group.webhookId, group)
  }
  return groups.flatMap((group, i): FailureCause[] => {
    const webhook = byId.get(group.webhookId)
    const sample = samples.get(group.sampleId)
    if (!webhook || !sample) return []
    const held = newest.get(group.webhookId) === group ? (waiting.get(group.webhookId) ?? 0) : 0
    return [
      {
        ...group,
        ...(forecasts[i] ?? { likelihood: 0, basis: 'Nothing is known.' }),
        open: group.open + held,
        webhook,
        sample,
        filter: filterOf(group),
        timeline: async (buckets) => (await timelines(checkBuckets(buckets))).get(keyOf(group)) ?? [],
      },
    ]
  })
}

const filterOf = ({ webhookId, errorKind, statusCode }: Group): DeliveryFilter => ({
  webhookIds: [publicId('whk', webhookId)],
  errorKinds: [errorKind],
  ...(statusCode !== null && { statusCodes: [statusCode] }),
  recovered: false,
})

const keyOf = ({ webhookId, errorKind, statusCode }: Pick<Group, 'webhookId' | 'errorKind' | 'statusCode'>) =>
  `${webhookId} ${errorKind} ${statusCode}`

function readGroups(read: Read, tenant: string | null, first: number): Promise<Group[]> {
  const values: unknown[] = []
  const value = sqlValues(values)
  const own = tenant === null ? 'true' : `d.tenant_id = ${value(tenant)}`
  const columns = `d.webhook_id, d.last_error_kind AS kind, ${CODE} AS code, d.changed_at, d.id`
  return read<Group>(
    `SELECT webhook_id AS "webhookId", kind AS "errorKind", code AS "statusCode", sum(dead)::int AS unrecovered, sum(1 - dead)::int AS open,
       min(changed_at) AS "oldestAt", max(changed_at) AS "newestAt", (max(ARRAY[lpad((extract(epoch FROM changed_at) * 1000)::bigint::text, 15, '0'), id::text]))[2]::uuid AS "sampleId"
     FROM (
       SELECT ${columns}, 1 AS dead FROM deliveries d WHERE ${UNRECOVERED} AND ${own} AND d.last_error_kind IS NOT NULL
       UNION ALL
       SELECT ${columns}, 0 FROM deliveries d WHERE d.status = 'FAILED' AND ${own} AND d.last_error_kind IS NOT NULL
     ) AS f GROUP BY 1, 2, 3 ORDER BY 4 DESC, 5 DESC, 6 LIMIT ${value(first)}`,
    values,
  )
}

async function readSamples(read: Read, groups: readonly Group[]): Promise<Map<string, DeliveryRow>> {
  const rows = await read<DeliveryRow>(`SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE d.id = ANY($1::uuid[])`, [
    groups.map(({ sampleId }) => sampleId),
  ])
  return new Map(rows.map((row) => [row.id, row]))
}

/** Deliveries that wait for their first attempt while the circuit of their webhook is not closed, by webhook. */
async function readWaiting(read: Read, groups: readonly Group[]): Promise<Map<string, number>> {
  const rows = await read<{ id: string; n: number }>(
    `SELECT d.webhook_id AS id, count(*)::int AS n FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.circuit <> 'CLOSED'
     WHERE d.webhook_id = ANY($1::uuid[]) AND d.status = 'PENDING' GROUP BY 1`,
    [groups.map(({ webhookId }) => webhookId)],
  )
  return new Map(rows.map(({ id, n }) => [id, n]))
}

/** The last 24 hours of each cause: its failures, and what arrived at its webhook. */
async function readTimelines(
  core: AppContext,
  groups: readonly Group[],
  buckets: number,
): Promise<Map<string, DeliveryBucket[]>> {
  const end = core.clock()
  const start = end - TIMELINE_MS
  const width = TIMELINE_MS / buckets
  const edges = Array.from({ length: buckets }, (_, i) => instant(start + i * width))
  const webhookIds = [...new Set(groups.map(({ webhookId }) => webhookId))]
  const rows = await snapshot(core, (read) =>
    read<{
      webhookId: string
      errorKind: ErrorKind
      statusCode: number | null
      status: string
      bucket: number
      n: number
    }>(
      `SELECT d.webhook_id AS "webhookId", CASE WHEN d.status <> 'DELIVERED' THEN d.last_error_kind END AS "errorKind",
         CASE WHEN d.status <> 'DELIVERED' THEN ${CODE} END AS "statusCode", d.status, width_bucket(d.changed_at, $2::timestamptz[]) - 1 AS bucket, count(*)::int AS n
       FROM deliveries d WHERE d.webhook_id = ANY($1::uuid[]) AND d.changed_at >= $3 AND d.status IN ('DELIVERED', 'FAILED', 'DEAD_LETTER')
       GROUP BY 1, 2, 3, 4, 5`,
      [webhookIds, edges, instant(start)],
    ),
  )
  return new Map(
    groups.map((group) => {
      const found = new Map<number, { bucket: number; delivered: number; failed: number; deadLetter: number }>()
      for (const row of rows) {
        const isDelivered = row.status === 'DELIVERED'
        if (row.webhookId !== group.webhookId || (!isDelivered && keyOf(row) !== keyOf(group))) continue
        const bucket = found.get(row.bucket) ?? { bucket: row.bucket, delivered: 0, failed: 0, deadLetter: 0 }
        found.set(row.bucket, bucket)
        if (isDelivered) bucket.delivered += row.n
        else if (row.status === 'FAILED') bucket.failed += row.n
        else bucket.deadLetter += row.n
      }
      const filled = fillBuckets({ start, end, buckets }, [...found.values()], (row) => ({
        delivered: row?.delivered ?? 0,
        failed: row?.failed ?? 0,
        deadLetter: row?.deadLetter ?? 0,
      }))
      return [keyOf(group), filled]
    }),
  )
}
