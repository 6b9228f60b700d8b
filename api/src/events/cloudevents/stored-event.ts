import { Severity } from '../../../../prisma/generated/client/enums.ts'
import { publicId, tryUuid } from '../../kit/ids.ts'

/**
 * A stored event whose columns are texts, so that its CloudEvents form always consists of the same bytes. Times are RFC
 * 3339 in UTC with milliseconds.
 */
export interface ArchivedEvent {
  /** UUID. */
  id: string
  seq: string
  tenantId: string | null
  type: string
  source: string
  severity: Severity
  subject: string | null
  occurredAt: string
  receivedAt: string
  publishedByKind: string
  publishedById: string
  publishedByName: string | null
  clientIp: string | null
  correlationId: string | null
  causationId: string | null
  expiresAt: string | null
  traceParent: string | null
  traceState: string | null
  /** The JSON text as it is stored. */
  payload: string
}

const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** The columns of `events e`, in the order that `storedEventOf` expects. */
export const STORED_EVENT_COLUMNS = `e.id::text, e.seq::text, e.tenant_id, e.type, e.source, e.severity::text, e.subject,
  ${instant('e.occurred_at')}, ${instant('e.received_at')}, e.published_by_kind::text, e.published_by_id, e.published_by_name,
  e.client_ip, e.correlation_id, e.causation_id, ${instant('e.expires_at')},
  e.trace_parent, e.trace_state, e.payload::text`

export type StoredEventCells = readonly (string | null)[]

export function storedEventOf(cells: StoredEventCells): ArchivedEvent {
  const [id, seq, tenantId, type, source, severity, subject, occurredAt, receivedAt, kind, actor, actorName, ...rest] =
    cells
  const [clientIp, correlationId, causationId, expiresAt, traceParent, traceState, payload] = rest
  return {
    id: id!,
    seq: seq!,
    tenantId: tenantId ?? null,
    type: type!,
    source: source!,
    severity: severity as Severity,
    subject: subject ?? null,
    occurredAt: occurredAt!,
    receivedAt: receivedAt!,
    publishedByKind: kind!,
    publishedById: actor!,
    publishedByName: actorName ?? null,
    clientIp: clientIp ?? null,
    correlationId: correlationId ?? null,
    causationId: causationId ?? null,
    expiresAt: expiresAt ?? null,
    traceParent: traceParent ?? null,
    traceState: traceState ?? null,
    payload: payload!,
  }
}

/** OpenTelemetry's severity numbers, which the CloudEvents severity extension uses. */
const SEVERITY_NUMBER: Record<Severity, number> = { INFO: 9, WARNING: 13, ERROR: 17, CRITICAL: 21 }

/** The position of an event in the feed: its sequence number, or its cursor if the client must not see the number. */
export type FeedPosition = { sequence: string } | { cursor: string }

/**
 * Formats an event as one line of CloudEvents 1.0 JSON, without the line break. The payload is the stored text without
 * changes. It is the last member: `data`, or `data_base64` if the text contains line breaks.
 */
export function cloudEventLine(event: ArchivedEvent, position: FeedPosition = { sequence: event.seq }): string {
  const attributes = {
    specversion: '1.0',
    id: publicId('evt', event.id),
    source: event.source,
    type: event.type,
    subject: event.subject ?? undefined,
    time: event.occurredAt,
    datacontenttype: 'application/json',
    tenantid: event.tenantId ?? undefined,
    severitytext: event.severity,
    severitynumber: SEVERITY_NUMBER[event.severity],
    correlationid: event.correlationId ?? undefined,
    causationid: event.causationId ?? undefined,
    expirytime: event.expiresAt ?? undefined,
    traceparent: event.traceParent ?? undefined,
    tracestate: event.traceState ?? undefined,
    receivedtime: event.receivedAt,
    publisherkind: event.publishedByKind,
    publisherid: event.publishedById,
    publishername: event.publishedByName ?? undefined,
    clientip: event.clientIp ?? undefined,
    ...position,
  }
  const head = JSON.stringify(attributes).slice(0, -1)
  return /[\r\n]/.test(event.payload)
    ? `${head},"data_base64":"${Buffer.from(event.payload).toString('base64')}"}`
    : `${head}${DATA}${event.payload}}`
}

/** Where the data starts. Quotes within strings are escaped, so the first occurrence in a line is the right one. */
const DATA = ',"data":'
const DATA_BASE64 = ',"data_base64":"'

/** Thrown for a line that `cloudEventLine` cannot have produced. */
export class UnreadableLine extends Error {}

/** Parses a line that `cloudEventLine` has produced with a `sequence`. Throws UnreadableLine. */
export function parseCloudEventLine(line: string): ArchivedEvent {
  const plainAt = line.indexOf(DATA)
  const encodedAt = line.indexOf(DATA_BASE64)
  const isEncoded = encodedAt !== -1 && (plainAt === -1 || encodedAt < plainAt)
  const at = isEncoded ? encodedAt : plainAt
  if (at === -1 || !line.endsWith('}')) throw new UnreadableLine('event without data')
  const payload = isEncoded
    ? Buffer.from(line.slice(at + DATA_BASE64.length, -2), 'base64').toString()
    : line.slice(at + DATA.length, -1)
  const attributes = attributesOf(`${line.slice(0, at)}}`)
  const required = (name: string): string => {
    const value = attributes.get(name)
    if (value === undefined) throw new UnreadableLine(`an event without ${name}`)
    return value
  }
  const optional = (name: string) => attributes.get(name) ?? null
  const id = tryUuid('evt', required('id'))
  if (id === null) throw new UnreadableLine(`an event whose id is ${required('id')}`)
  const severity = required('severitytext')
  if (!isSeverity(severity)) throw new UnreadableLine(`an event whose severitytext is ${severity}`)
  return {
    id,
    seq: required('sequence'),
    tenantId: optional('tenantid'),
    type: required('type'),
    source: required('source'),
    severity,
    subject: optional('subject'),
    occurredAt: required('time'),
    receivedAt: required('receivedtime'),
    publishedByKind: required('publisherkind'),
    publishedById: required('publisherid'),
    publishedByName: optional('publishername'),
    clientIp: optional('clientip'),
    correlationId: optional('correlationid'),
    causationId: optional('causationid'),
    expiresAt: optional('expirytime'),
    traceParent: optional('traceparent'),
    traceState: optional('tracestate'),
    payload,
  }
}

function attributesOf(text: string): Map<string, string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new UnreadableLine('line that is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null) throw new UnreadableLine('a line that is not an object')
  return new Map(Object.entries(parsed).map(([name, value]) => [name, String(value)]))
}

const isSeverity = (text: string): text is Severity => Object.hasOwn(Severity, text)
