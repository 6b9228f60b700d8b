import type { Read } from '../../db/snapshot.ts'
import type { SqlValue } from '../../db/sql-value.ts'
import { nameCondition } from '../../graphql/filter.ts'
import type { DeliveryQuery } from '../read/delivery-filter.ts'

/** Minutes are kept with all their detail for so long; longer spans for as long as the deliveries. */
export const DETAILED_MINUTES_MS = 24 * 3_600_000

/** Whether the totals know all that a query asks about (but for the status, which is worked out of several counts). */
export const isTotalled = (query: DeliveryQuery): boolean =>
  query.errorKinds === null && query.statusCodes === null && query.recovered === null && isByWebhookAndType(query)

/** Whether a query asks about no more than tenant, webhook, type, status, error and time. */
export const isByWebhookAndType = ({ ruleId, holdReasons, search, lastAttemptNext }: DeliveryQuery): boolean =>
  ruleId === null && holdReasons === null && search === null && !lastAttemptNext

/** Whether totals by tenant alone do not do. */
export const needsDetail = ({ webhookIds, eventTypes }: DeliveryQuery): boolean =>
  webhookIds !== null || eventTypes !== null

/** What a query narrows a table of totals `t` to, but for its detail, its spans and its errors. */
export function narrow(query: DeliveryQuery, value: SqlValue): string[] {
  return [
    ...(query.scope === 'all' ? [] : [`t.tenant_id = ${value(query.scope.tenantId)}`]),
    ...(query.webhookIds ? [`t.webhook_id = ANY(${value(query.webhookIds)}::uuid[])`] : []),
    ...(query.eventTypes ? [nameCondition('t.event_type', query.eventTypes, value)] : []),
  ]
}

/**
 * The instant (ms) up to which deliveries are counted, by when they were created; 0 while there are no totals. What ended after it
 * was counted has a note in `delivery_ends` until it is counted too.
 */
export async function totalledUntil(read: Read): Promise<number> {
  const [row] = await read<{ until: string }>(`SELECT until FROM totals_progress WHERE name = 'deliveries'`)
  return Number(row?.until ?? 0)
}
