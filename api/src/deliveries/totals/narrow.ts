import type { Read } from '../../db/snapshot.ts'
import type { SqlValue } from '../../db/sql-value.ts'
import { nameCondition } from '../../graphql/filter.ts'
import type { DeliveryQuery } from '../read/delivery-filter.ts'

/** Retention of per-minute totals in full detail. Longer spans are kept as long as their deliveries. */
export const DETAILED_MINUTES_MS = 24 * 3_600_000

/** Whether the totals cover all conditions of a query (except the status, which is derived from several counts). */
export const isTotalled = (query: DeliveryQuery): boolean =>
  query.errorKinds === null && query.statusCodes === null && query.recovered === null && isByWebhookAndType(query)

/** Whether a query has conditions only on tenant, webhook, type, status, error and time. */
export const isByWebhookAndType = ({ ruleId, holdReasons, search, lastAttemptNext }: DeliveryQuery): boolean =>
  ruleId === null && holdReasons === null && search === null && !lastAttemptNext

/** Whether totals by tenant alone are not sufficient. */
export const needsDetail = ({ webhookIds, eventTypes }: DeliveryQuery): boolean =>
  webhookIds !== null || eventTypes !== null

/** Conditions of a query on a totals table `t`, without detail, spans and errors. */
export function narrow(query: DeliveryQuery, value: SqlValue): string[] {
  return [
    ...(query.scope === 'all' ? [] : [`t.tenant_id = ${value(query.scope.tenantId)}`]),
    ...(query.webhookIds ? [`t.webhook_id = ANY(${value(query.webhookIds)}::uuid[])`] : []),
    ...(query.eventTypes ? [nameCondition('t.event_type', query.eventTypes, value)] : []),
  ]
}

/**
 * Creation time (ms) up to which deliveries are totalled; 0 if there are no totals yet. A totalled delivery that ends
 * later has a row in `delivery_ends` until its end is totalled too.
 */
export async function totalledUntil(read: Read): Promise<number> {
  const [row] = await read<{ until: string }>(`SELECT until FROM totals_progress WHERE name = 'deliveries'`)
  return Number(row?.until ?? 0)
}
