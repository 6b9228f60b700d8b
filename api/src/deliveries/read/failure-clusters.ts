import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import type { Read } from '../../db/snapshot.ts'
import { sqlValues } from '../../db/sql-value.ts'
import { groupBy } from '../../kit/group-by.ts'
import { publicId } from '../../kit/ids.ts'
import type { FailureSpan } from '../totals/failures.ts'
import type { DeliveryFilter } from './delivery-filter.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, instant, UNRECOVERED } from './delivery-where.ts'

/** Failures of one webhook with one cause. */
export interface ClusterKey {
  webhookId: string
  errorKind: ErrorKind
  /** Null: any status. */
  statusCode: number | null
}

/** A status code in the totals: several of them may belong to one cluster. */
export type ExactKey = ClusterKey

/**
 * 4xx responses with different status codes are different causes: credentials are renewed, an invalid request stays
 * invalid. Other errors of a webhook are one cause each, regardless of the status: an outage alternates between 502,
 * 503 and 504.
 */
export const clusterOf = ({ webhookId, errorKind, statusCode }: ExactKey): ClusterKey => ({
  webhookId,
  errorKind,
  statusCode: errorKind === 'HTTP_4XX' ? statusCode : null,
})

/** The same as SQL on `deliveries d`. */
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

/** The oldest dead letter of a cluster, and its newest ones. */
export interface ClusterExamples {
  oldestAt: Date
  /** Newest first. */
  newest: DeliveryRow[]
}

/**
 * Examples by cluster id of unrecovered dead letters, changed since an instant. Each is a look-up of the index
 * `deliveries_causes`, so that the cost does not depend on the number of failures.
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
  )
}
