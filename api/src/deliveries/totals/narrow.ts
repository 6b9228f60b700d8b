import type { Read } from '../../db/snapshot.ts'
import type { SqlValue } from '../../db/sql-value.ts'
import { nameCondition } from '../../graphql/filter.ts'
import type { DeliveryQuery } from '../read/delivery-filter.ts'

/**
 * How long totals per minute are kept by webhook and event type. Totals of longer spans are kept as long as their
 * deliveries.
 */
export const DETAILED_MINUTES_MS = 24 * 3_600_000

/**
 * Whether the totals can answer a query. A condition on the status is allowed, because each status has its own count.
 */
export const isTotalled = (query: DeliveryQuery): boolean =>
  query.errorKinds === null && query.statusCodes === null && query.recovered === null && isByWebhookAndType(query)

/** Whether a query has conditions only on tenant, webhook, type, status, error, recovery and time. */
export const isByWebhookAndType = ({ ruleId, holdReasons, search, lastAttemptNext }: DeliveryQuery): boolean =>
  ruleId === null && holdReasons === null && search === null && !lastAttemptNext

/** Whether a query needs totals by webhook and event type; otherwise totals by tenant are enough. */
export const needsDetail = ({ webhookIds, eventTypes }: DeliveryQuery): boolean =>
  webhookIds !== null || eventTypes !== null

/** The conditions of a query on tenant, webhook and event type, as SQL on a totals table `t`. */
export function narrow(query: DeliveryQuery, value: SqlValue): string[] {
  return [
    ...(query.scope === 'all' ? [] : [`t.tenant_id = ${value(query.scope.tenantId)}`]),
    ...(query.webhookIds ? [`t.webhook_id = ANY(${value(query.webhookIds)}::uuid[])`] : []),
    ...(query.eventTypes ? [nameCondition('t.event_type', query.eventTypes, value)] : []),
  ]
}

/**
 * The totals contain all deliveries created before this time (ms); 0 if there are no totals yet. If one of these
 * deliveries ends later, a row in `delivery_ends` records that until the totals contain the end.
 */
export async function totalledUntil(read: Read): Promise<number> {
  const [row] = await read<{ until: string }>(`SELECT until FROM totals_progress WHERE name = 'deliveries'`)
  return Number(row?.until ?? 0)
}
