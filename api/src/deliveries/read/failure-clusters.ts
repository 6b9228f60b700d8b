import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import type { Read } from '../../db/snapshot.ts'
import { sqlValues } from '../../db/sql-value.ts'
import { groupBy } from '../../kit/group-by.ts'
import { publicId } from '../../kit/ids.ts'
import type { FailureSpan } from '../totals/failures.ts'
import type { DeliveryFilter } from './delivery-filter.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, instant, UNRECOVERED } from './delivery-where.ts'

/** The key of a cluster: failures of one webhook with the same cause. */
export interface ClusterKey {
  webhookId: string
  errorKind: ErrorKind
  /** Null: the cluster contains all status codes. */
  statusCode: number | null
}

/** A key with the exact status code, as the totals store it. Several of these keys may belong to one cluster. */
export type ExactKey = ClusterKey

/**
 * The cluster of an exact key. Each 4xx status code is a separate cause, because the remedies differ: expired
 * credentials can be renewed, but an invalid request stays invalid. For any other error kind the status code is
 * ignored, because an outage alternates between 502, 503 and 504.
 */
export const clusterOf = ({ webhookId, errorKind, statusCode }: ExactKey): ClusterKey => ({
  webhookId,
  errorKind,
  statusCode: errorKind === 'HTTP_4XX' ? statusCode : null,
})

/** The status code of the cluster as SQL on `deliveries d`, with the same rule as `clusterOf`. */
export const CLUSTER_CODE = `CASE WHEN d.last_error_kind = 'HTTP_4XX' THEN d.last_status_code END`

export const clusterId = ({ webhookId, errorKind, statusCode }: ClusterKey): string =>
  [publicId('whk', webhookId), errorKind, ...(statusCode === null ? [] : [statusCode])].join(':')

/** A DeliveryFilter that finds the unrecovered dead letters of a cluster. */
export const filterOf = ({ webhookId, errorKind, statusCode }: ClusterKey): DeliveryFilter => ({
  webhookIds: [publicId('whk', webhookId)],
  errorKinds: [errorKind],
  ...(statusCode !== null && { statusCodes: [statusCode] }),
  recovered: false,
})

export const clustered = (spans: readonly FailureSpan[]): Map<string, FailureSpan[]> =>
  groupBy(spans, (span) => clusterId(clusterOf(span)))

/** Example deliveries of a cluster. */
export interface ClusterExamples {
  oldestAt: Date
  /** Newest first. */
  newest: DeliveryRow[]
}

/**
 * Examples of unrecovered dead letters that changed since an instant, by cluster id. Each is an index lookup
 * (`deliveries_causes`), so the cost does not depend on the number of failures.
 */
export async function readExamples(
  read: Read,
  keys: readonly ExactKey[],
  { since, count }: { since: number | null; count: number },
): Promise<Map<string, ClusterExamples>> {
  const withCode = keys.filter(({ statusCode }) => statusCode !== null)
  const without = keys.filter(({ statusCode }) => statusCode === null)
  const rows = [
    ...(await readExampleRows(read, withCode, 'd.last_status_code = k.code', { since, count })),
    ...(await readExampleRows(read, without, 'd.last_status_code IS NULL', { since, count })),
  ]
  const examples = new Map<string, ClusterExamples>()
  for (const { oldestAt, ...row } of rows) {
    const id = clusterId(
      clusterOf({ webhookId: row.webhookId, errorKind: row.lastErrorKind!, statusCode: row.lastStatusCode }),
    )
    const entry = examples.get(id)
    examples.set(id, {
      oldestAt: entry && entry.oldestAt < oldestAt ? entry.oldestAt : oldestAt,
      newest: [...(entry?.newest ?? []), row]
        .sort((a, b) => b.changedAt.getTime() - a.changedAt.getTime() || (a.id < b.id ? 1 : -1))
        .slice(0, count),
    })
  }
  return examples
}

async function readExampleRows(
  read: Read,
  keys: readonly ExactKey[],
  isOfCode: string,
  { since, count }: { since: number | null; count: number },
): Promise<Array<DeliveryRow & { oldestAt: Date }>> {
  if (keys.length === 0) return []
  const values: unknown[] = []
  const value = sqlValues(values)
  const from = since === null ? 'true' : `d.changed_at >= ${value(instant(since))}`
  const isOne = `d.webhook_id = k.webhook AND d.last_error_kind = k.kind AND ${isOfCode} AND ${UNRECOVERED} AND ${from}`
  return read(
    `SELECT n.*, o.at AS "oldestAt"
     FROM unnest(${value(keys.map(({ webhookId }) => webhookId))}::uuid[], ${value(keys.map(({ errorKind }) => errorKind))}::"ErrorKind"[],
       ${value(keys.map(({ statusCode }) => statusCode))}::int[]) AS k(webhook, kind, code)
     CROSS JOIN LATERAL (SELECT d.changed_at AS at FROM deliveries d WHERE ${isOne} ORDER BY d.changed_at, d.id LIMIT 1) AS o
     CROSS JOIN LATERAL (SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE ${isOne} ORDER BY d.changed_at DESC, d.id DESC LIMIT ${count}) AS n`,
    values,
    { prepared: true },
  )
}
