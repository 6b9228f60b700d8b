import { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { KeysetRange } from '../../db/keyset.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import type { TimeRange } from '../../db/time-buckets.ts'
import { readTimeChunks, timeChunks, timeRangeOf, withinTimeRange } from '../../db/time-chunks.ts'
import type { Identity } from '../../identity/identity.ts'
import { hoursOf, isTotalled } from './count.ts'
import {
  DELIVERY_COLUMNS,
  type DeliveryFilter,
  type DeliveryQuery,
  type DeliveryRow,
  deliveryQuery,
  deliveryWhere,
} from './delivery-filter.ts'
import { countDeliveries } from './stats.ts'

/** One list of deliveries: its ranges by keyset, and how many there are in all. */
export interface DeliveryList {
  fetch(range: KeysetRange): Promise<DeliveryRow[]>
  count(): Promise<number>
}

/**
 * The deliveries that a filter leaves of what an identity may see. The filter is checked at once (BAD_USER_INPUT); rows are
 * read when asked for.
 */
export function listDeliveries(core: AppContext, identity: Identity, filter?: DeliveryFilter | null): DeliveryList {
  const query = deliveryQuery(identity, filter, core.clock())
  if (!query) return { fetch: async () => [], count: async () => 0 }
  return {
    fetch: (range) => fetchDeliveries(core, query, range),
    count: () => countDeliveries(core, query),
  }
}

function fetchDeliveries(core: AppContext, query: DeliveryQuery, range: KeysetRange): Promise<DeliveryRow[]> {
  const looked = armsOf(query)
  const stretch = timeRangeOf(query, range)
  return snapshot(core, async (read) => {
    const guided = looked.guided ? await hoursOf(read, query, stretch, range.order) : null
    const stretches = guided ?? timeChunks(stretch, range.order, core.clock(), looked.fenced)
    return readTimeChunks(stretches, range.take, (slice, take) =>
      readStretch(read, query, looked, slice, { ...range, take }),
    )
  })
}

/** How a query is read: as alternatives that exclude each other, each in the order of the list by an index of its own. */
interface Arms {
  conditions: { condition: (value: (given: unknown) => string) => string; order: string[] }[]
  /** One of them has no index in the order of the list: all that matches in a stretch is read, and sorted. */
  fenced: boolean
  /** The index of what is wrong has all that is asked about. */
  covered: boolean
  /** The totals say where there is something of what is looked for. */
  guided: boolean
}

const WRONG: readonly DeliveryStatus[] = ['FAILED', 'DEAD_LETTER', 'CANCELLED']
/** Beyond so many webhooks, their deliveries are looked for among all. */
const MAX_ARMS = 20

function armsOf(query: DeliveryQuery): Arms {
  // What has an error and is not delivered failed, at least once: the index of those knows them.
  const statuses = query.statuses ?? (query.errorKinds ? WRONG : null)
  if (statuses && !statuses.includes('DELIVERED')) {
    return {
      // Written out, not as a parameter: the planner takes the partial indexes only where it can see the value.
      conditions: statuses.map((status) => ({
        condition: () => `d.status = '${DeliveryStatus[status]}'`,
        order: status === 'PENDING' ? [] : ['d.status'],
      })),
      fenced: statuses.includes('PENDING'),
      covered: !statuses.includes('PENDING') && query.search === null && query.ruleId === null,
      guided: false,
    }
  }
  const guided = query.eventTypes !== null && isTotalled(query)
  const webhookIds = query.webhookIds && query.webhookIds.length <= MAX_ARMS ? [...new Set(query.webhookIds)] : null
  const { scope } = query
  const conditions = webhookIds
    ? webhookIds.map((id) => ({
        condition: (value: (given: unknown) => string) => `d.webhook_id = ${value(id)}::uuid`,
        order: ['d.webhook_id'],
      }))
    : scope === 'all'
      ? [{ condition: () => 'true', order: [] }]
      : // Named in the order, so that the planner takes the index on (tenant_id, id) however often it thinks the tenant is met.
        [{ condition: () => 'true', order: ['d.tenant_id'] }]
  return { conditions, fenced: false, covered: false, guided }
}

function readStretch(
  read: Read,
  query: DeliveryQuery,
  { conditions, fenced, covered }: Arms,
  stretch: TimeRange,
  range: KeysetRange,
) {
  const values: unknown[] = []
  const value = (given: unknown) => `$${values.push(given)}`
  const where = `${deliveryWhere(query, values)} AND ${withinTimeRange('d.id', stretch, range, value)}`
  const direction = range.order === 'asc' ? 'ASC' : 'DESC'
  const limit = `LIMIT ${value(range.take)}`
  const selects = conditions.map(({ condition, order }) => {
    const by = [...order, 'd.id'].map((column) => `${column} ${direction}`).join(', ')
    const matching = `deliveries d WHERE ${condition(value)} AND ${where}`
    // OFFSET 0: the planner must not read the list in its order in the hope of meeting soon what is rare.
    if (fenced && order.length === 0)
      return `(SELECT ${DELIVERY_COLUMNS} FROM (SELECT d.* FROM ${matching} OFFSET 0) d ORDER BY ${by} ${limit})`
    // The index has all that is asked about: only the rows of the page are looked at.
    if (covered) {
      const ids = `SELECT d.id FROM ${matching} ORDER BY ${by} ${limit}`
      return `(SELECT ${DELIVERY_COLUMNS} FROM (${ids}) AS i JOIN deliveries d ON d.id = i.id)`
    }
    return `(SELECT ${DELIVERY_COLUMNS} FROM ${matching} ORDER BY ${by} ${limit})`
  })
  return read<DeliveryRow>(
    `SELECT * FROM (${selects.join(' UNION ALL ')}) AS found ORDER BY id ${direction} ${limit}`,
    values,
  )
}
