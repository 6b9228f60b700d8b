import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { Read } from '../../db/snapshot.ts'
import { timeChunks } from '../../db/time-chunks.ts'
import type { TimeRange } from '../../db/time-range.ts'
import { type EventQuery, eventWhere } from '../../events/read/event-filter.ts'
import { hoursOf } from '../../events/totals/count.ts'
import { globToLike } from '../../kit/globs.ts'
import { publicId, uuidFloor } from '../../kit/ids.ts'
import { type CountedEvent, groupKeyOf } from './group-key.ts'
import type { Conditions } from './rule-index.ts'

/** The fields of a rule that determine which stored events it counts. `id` is null if the rule is not stored. */
export interface HistoryRule extends Conditions {
  id: string | null
  tenantId: string | null
  groupBy: readonly string[]
}

/** A stored event that a rule counts. */
export interface HistoryEvent {
  id: string
  seq: string
  tenantId: string | null
  type: string
  source: string
  receivedAt: Date
  groupKey: string
}

export interface HistoryRange extends TimeRange {
  order: 'asc' | 'desc'
  /** Only events up to this position in the feed; null: all. */
  untilSeq?: string | null
}

const PAGE = 5_000

/**
 * Reads the stored events that a rule counts, page by page, in the order of receipt. Only hours in which the totals
 * count events of the rule's types and severity are read, so a rule with few matches reads little.
 */
export async function* matchedHistory(
  read: Read,
  rule: HistoryRule,
  range: HistoryRange,
  now: number,
): AsyncGenerator<HistoryEvent[]> {
  const query = queryOf(rule)
  const isSelective = query.types !== null || query.severities !== null
  const hours = isSelective ? await hoursOf(read, query, range, range.order) : null
  for await (const chunk of hours ?? timeChunks(range, range.order, now))
    yield* readChunk(read, rule, query, chunk, range)
}

async function* readChunk(
  read: Read,
  rule: HistoryRule,
  query: EventQuery,
  { from, to }: TimeRange,
  { order, untilSeq }: HistoryRange,
): AsyncGenerator<HistoryEvent[]> {
  let low = uuidFloor(from)
  let high = uuidFloor(to)
  let isFirst = true
  for (;;) {
    const values: unknown[] = []
    const value = (parameter: unknown) => `$${values.push(parameter)}`
    const conditions = [
      `(${eventWhere(query, values)})`,
      `e.id ${isFirst || order === 'desc' ? '>=' : '>'} ${value(low)}::uuid AND e.id < ${value(high)}::uuid`,
      ...(rule.source?.includes('*') ? [`e.source LIKE ${value(globToLike(rule.source))}`] : []),
      // The events of a rule's own alerts do not count. The same holds when events are appended.
      ...(rule.id === null ? [] : [notOfRule(rule.id, value)]),
      ...(untilSeq == null ? [] : [`e.seq <= ${value(untilSeq)}::bigint`]),
    ]
    const usesPayload = rule.groupBy.some((field) => field.startsWith('payload.'))
    // Sorted by the tenant first, so that the planner uses the index on (tenant_id, id).
    const direction = order === 'asc' ? 'ASC' : 'DESC'
    const by = [...(rule.tenantId === null ? [] : ['e.tenant_id']), 'e.id'].map((column) => `${column} ${direction}`)
    const rows = await read<Omit<HistoryEvent, 'groupKey'> & Omit<CountedEvent, 'payload'> & { payload: unknown }>(
      `SELECT e.id, e.seq, e.tenant_id AS "tenantId", e.type, e.source, e.severity, e.subject, e.received_at AS "receivedAt",
         ${usesPayload ? 'e.payload' : `'{}'::json AS payload`}
       FROM events e WHERE ${conditions.join(' AND ')} ORDER BY ${by.join(', ')} LIMIT ${value(PAGE)}`,
      values,
    )
    if (rows.length > 0)
      yield rows.map(({ id, seq, tenantId, type, source, receivedAt, payload, ...rest }) => ({
        id,
        seq,
        tenantId,
        type,
        source,
        receivedAt,
        groupKey: groupKeyOf(rule.groupBy, { tenantId, type, source, payload: { value: payload }, ...rest }),
      }))
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    if (order === 'asc') low = last.id
    else high = last.id
    isFirst = false
  }
}

function queryOf({ tenantId, eventType, source, eventSeverity }: HistoryRule): EventQuery {
  const severities: Severity[] | null = eventSeverity === null ? null : [eventSeverity]
  const isExact = source !== null && !source.includes('*')
  return {
    scope: tenantId === null ? 'all' : { tenantId, system: [] },
    types: eventType === null ? null : namesOf(eventType),
    sources: isExact ? [source] : null,
    severities,
    correlationId: null,
    search: null,
    ids: null,
    since: null,
    until: null,
  }
}

const namesOf = (glob: string) =>
  glob.includes('*') ? { exact: [], like: [globToLike(glob)] } : { exact: [glob], like: [] }

const notOfRule = (ruleId: string, value: (parameter: unknown) => string): string =>
  `NOT (e.type LIKE 'ops.alert.%' AND e.payload ->> 'rule' IS NOT DISTINCT FROM ${value(publicId('rul', ruleId))})`
