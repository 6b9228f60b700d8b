import { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type KeysetRange, readTimeKey, TIME_KEY, timeKey } from '../../db/keyset.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { type SqlValue, sqlValues } from '../../db/sql-value.ts'
import { readTimeChunks, timeChunks } from '../../db/time-chunks.ts'
import { type TimeRange, timeBounds } from '../../db/time-range.ts'
import type { ListKey } from '../../graphql/connection.ts'
import type { Identity } from '../../identity/identity.ts'
import { type DeliveryFilter, type DeliveryQuery, deliveryQuery } from './delivery-filter.ts'
import {
  changedBefore,
  DELIVERY_COLUMNS,
  type DeliveryRow,
  deliveryWhere,
  instant,
  RECOVERED,
  UNRECOVERED,
} from './delivery-where.ts'
import { identifiedSql, resolveSearch } from './search-sql.ts'
import { countDeliveries } from './stats.ts'

/** A list of deliveries: reads its pages and counts it. */
export interface DeliveryList {
  fetch(range: KeysetRange): Promise<DeliveryRow[]>
  count(): Promise<number>
}

/** Lists are sorted by the time of the last change, so a delivery moves to the top when it changes. */
export const DELIVERY_KEY: ListKey<DeliveryRow> = { kind: TIME_KEY, textOf: (row) => timeKey(row.changedAt, row.id) }

/**
 * Lists the deliveries that match a filter and that an identity may see. The filter is validated at once (throws
 * BAD_USER_INPUT); rows are read on demand.
 */
export function listDeliveries(core: AppContext, identity: Identity, filter?: DeliveryFilter | null): DeliveryList {
  const query = deliveryQuery(identity, filter, core.clock())
  if (!query) return { fetch: async () => [], count: async () => 0 }
  return {
    fetch: (range) => fetchDeliveries(core, query, range),
    count: () => countDeliveries(core, query),
  }
}

/** The deliveries of a query whose keys (TIME_KEY) are within a range, in the order of the range. */
export function fetchDeliveries(core: AppContext, query: DeliveryQuery, range: KeysetRange): Promise<DeliveryRow[]> {
  return snapshot(core, async (read) => {
    const resolved = await resolveSearch(read, query)
    const plan = planOf(resolved)
    const within = rangeOf(resolved, range)
    const chunks = plan.chunked ? timeChunks(within, range.order, query.now, plan.sorted) : [within]
    return readTimeChunks(chunks, range.take, (chunk, take) =>
      readChunk(read, resolved, plan, chunk, { ...range, take }),
    )
  })
}

/** The range of change times (ms) that both the filter and the key range allow. */
function rangeOf(query: DeliveryQuery, { afterId, beforeId }: KeysetRange): TimeRange {
  const bounds = timeBounds(query)
  const from = beforeId === null ? bounds.from : Math.max(bounds.from, readTimeKey(beforeId).at)
  const to = afterId === null ? bounds.to : Math.min(bounds.to, readTimeKey(afterId).at + 1)
  return { from, to: Math.max(from, to) }
}

/** How a query is read. The arms exclude each other; each reads its own index, in the order of the list. */
interface Plan {
  arms: { condition: (value: SqlValue) => string; order: string[] }[]
  /** True if no index returns the order of the list. All matches of a chunk are read and sorted. */
  sorted: boolean
  /**
   * True if the index contains all columns of the conditions. Then only the rows of the page are read from the table.
   */
  covered: boolean
  /** Whether to read one time chunk after another. Not needed if there are few matches. */
  chunked: boolean
}

const WRONG: readonly DeliveryStatus[] = ['FAILED', 'DEAD_LETTER', 'CANCELLED']
/** Up to this many webhooks are read with one arm per webhook. With more, one arm reads all deliveries. */
const MAX_ARMS = 20

function planOf(query: DeliveryQuery): Plan {
  const { search } = query
  if (search !== null && identifiedSql(search, () => '') !== null) {
    const condition = (value: SqlValue) => identifiedSql(search, value) ?? 'true'
    // A webhook can have many deliveries. Its index returns them in the order of the list, so they need not be sorted.
    const byWebhook = search.id?.kind === 'whk'
    const order = byWebhook ? ['d.webhook_id'] : []
    return { arms: [{ condition, order }], sorted: !byWebhook, covered: false, chunked: byWebhook }
  }
  const covered = search === null && query.ruleId === null
  if (query.recovered !== null) {
    const condition = () => (query.recovered ? RECOVERED : UNRECOVERED)
    return { arms: [{ condition, order: [] }], sorted: false, covered, chunked: true }
  }
  // A delivery that has an error and was not delivered has failed at least once, so the index of failures contains it.
  const statuses = query.statuses ?? (query.errorKinds || query.statusCodes ? WRONG : null)
  if (statuses && !statuses.includes('DELIVERED')) {
    return {
      // A literal instead of a parameter, because the planner uses the partial index only if it sees the value.
      arms: statuses.map((status) => ({
        condition: () => `d.status = '${DeliveryStatus[status]}'`,
        order: status === 'PENDING' ? [] : ['d.status'],
      })),
      sorted: statuses.includes('PENDING'),
      covered: covered && !statuses.includes('PENDING') && query.holdReasons === null,
      chunked: true,
    }
  }
  const order = orderWithin(query)
  const webhookIds = query.webhookIds && query.webhookIds.length <= MAX_ARMS ? [...new Set(query.webhookIds)] : null
  const arms = webhookIds
    ? webhookIds.map((id) => ({
        condition: (value: SqlValue) => `d.webhook_id = ${value(id)}::uuid`,
        order: ['d.webhook_id'],
      }))
    : [{ condition: () => 'true', order }]
  return { arms, sorted: query.holdReasons !== null, covered: false, chunked: true }
}

/**
 * The tenant column is part of the ORDER BY, so that the planner uses the index on (tenant_id, changed_at, id) even for
 * large tenants.
 */
const orderWithin = ({ scope, holdReasons }: DeliveryQuery): string[] =>
  scope === 'all' || holdReasons !== null ? [] : ['d.tenant_id']

function readChunk(
  read: Read,
  query: DeliveryQuery,
  { arms, sorted, covered }: Plan,
  chunk: TimeRange,
  range: KeysetRange,
): Promise<DeliveryRow[]> {
  const values: unknown[] = []
  const value = sqlValues(values)
  const where = `${deliveryWhere(query, values)} AND ${withinRange(chunk, range, value)}`
  const direction = range.order === 'asc' ? 'ASC' : 'DESC'
  const limit = `LIMIT ${value(range.take)}`
  const selects = arms.map(({ condition, order }) => {
    const by = [...order, 'd.changed_at', 'd.id'].map((column) => `${column} ${direction}`).join(', ')
    const matching = `deliveries d WHERE ${condition(value)} AND ${where}`
    // OFFSET 0 is an optimisation fence. Without it the planner may scan the deliveries in list order and hope to find
    // enough matches early, which is slow if matches are rare.
    if (sorted && order.length === 0)
      return `(SELECT ${DELIVERY_COLUMNS} FROM (SELECT d.* FROM ${matching} OFFSET 0) d ORDER BY ${by} ${limit})`
    // The subquery finds the ids of the page in the index only; the join reads just those rows.
    if (covered) {
      const ids = `SELECT d.id FROM ${matching} ORDER BY ${by} ${limit}`
      return `(SELECT ${DELIVERY_COLUMNS} FROM (${ids}) AS i JOIN deliveries d ON d.id = i.id)`
    }
    return `(SELECT ${DELIVERY_COLUMNS} FROM ${matching} ORDER BY ${by} ${limit})`
  })
  return read<DeliveryRow>(
    `SELECT * FROM (${selects.join(' UNION ALL ')}) AS found ORDER BY "changedAt" ${direction}, id ${direction} ${limit}`,
    values,
  )
}

/** Condition: the delivery last changed within a chunk, and its key is within the range. */
function withinRange({ from, to }: TimeRange, { afterId, beforeId }: KeysetRange, value: SqlValue): string {
  const beyond = (key: string, comparison: '<' | '>') => {
    const { at, id } = readTimeKey(key)
    return `(d.changed_at, d.id) ${comparison} (${value(instant(at))}::timestamptz, ${value(id)}::uuid)`
  }
  return [
    `d.changed_at >= ${value(instant(from))} AND ${changedBefore(to, value)}`,
    ...(afterId === null ? [] : [beyond(afterId, '<')]),
    ...(beforeId === null ? [] : [beyond(beforeId, '>')]),
  ].join(' AND ')
}
