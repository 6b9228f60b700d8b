import type { Identity } from '../access/identity.ts'
import type { Range } from '../graphql/keyset.ts'
import type { Core } from '../kit/core.ts'
import { countDeliveries } from './stats.ts'
import {
  DELIVERY_COLUMNS,
  type DeliveryFilter,
  type DeliveryQuery,
  type DeliveryRow,
  deliveryQuery,
  deliveryWhere,
} from './where.ts'

/** One list of deliveries: its ranges by keyset, and how many there are in all. */
export interface DeliveryList {
  fetch(range: Range): Promise<DeliveryRow[]>
  count(): Promise<number>
}

/**
 * The deliveries that a filter leaves of what an identity may see. The filter is checked at once (BAD_USER_INPUT); rows are
 * read when asked for.
 */
export function listDeliveries(core: Core, identity: Identity, filter?: DeliveryFilter | null): DeliveryList {
  const query = deliveryQuery(identity, filter, core.clock())
  if (!query) return { fetch: async () => [], count: async () => 0 }
  return {
    fetch: (range) => fetchDeliveries(core, query, range),
    count: () => countDeliveries(core, query),
  }
}

function fetchDeliveries(core: Core, query: DeliveryQuery, range: Range): Promise<DeliveryRow[]> {
  const values: unknown[] = []
  const parts = [deliveryWhere(query, values)]
  if (range.afterId !== null) parts.push(`d.id < $${values.push(range.afterId)}::uuid`)
  if (range.beforeId !== null) parts.push(`d.id > $${values.push(range.beforeId)}::uuid`)
  const order = range.order === 'asc' ? 'ASC' : 'DESC'
  return core.db.query<DeliveryRow>(
    `SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE ${parts.join(' AND ')} ORDER BY d.id ${order} LIMIT $${values.push(range.take)}`,
    values,
  )
}
