import { randomBytes } from 'node:crypto'

/**
 * The position in a trace that a request or an event carries: W3C Trace Context (https://www.w3.org/TR/trace-context/).
 */
export interface TraceContext {
  /** In the form of version 00: `00-<trace id>-<parent id>-<flags>`, 55 characters. */
  traceparent: string
  /** Data of tracing systems, which only the system that wrote it understands; null if there is none. */
  tracestate: string | null
}

/** Section 3.2.2. Versions above 00 may append fields, each after a dash. */
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
/** Section 3.3.1.3.1: a member of the list, with a simple key or a key of the form tenant@system. */
const MEMBER =
  /^(?:[a-z][a-z\d_\-*/]{0,255}|[a-z\d][a-z\d_\-*/]{0,240}@[a-z][a-z\d_\-*/]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/
const MAX_MEMBERS = 32
/** Section 3.3.1.5: a vendor must pass on at least this many characters. A longer tracestate is dropped. */
const MAX_TRACESTATE = 512
/** The flags `sampled` and, of level 2, `random-trace-id`. Unknown flags are not passed on (section 3.2.2.5). */
const KNOWN_FLAGS = 0x03

const isZero = (hex: string) => /^0+$/.test(hex)

/** The traceparent in the form of version 00, or null if it is invalid. */
export function parseTraceparent(text: string): string | null {
  const [, version, traceId, parentId, flags, more] = TRACEPARENT.exec(text) ?? []
  if (!version || !traceId || !parentId || !flags) return null
  if (version === 'ff' || (version === '00' && more !== undefined) || isZero(traceId) || isZero(parentId)) return null
  return formatTraceparent(traceId, parentId, Number.parseInt(flags, 16))
}

/** The tracestate without its empty members, or null if it is empty or invalid. */
export function parseTracestate(text: string): string | null {
  const members = text
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '')
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))))
  const isValid = members.length <= MAX_MEMBERS && keys.size === members.length && members.every((m) => MEMBER.test(m))
  const joined = members.join(',')
  return isValid && joined !== '' && joined.length <= MAX_TRACESTATE ? joined : null
}

/**
 * The trace context of an HTTP request. An invalid traceparent is ignored. A tracestate is ignored if it is invalid or
 * if there is no valid traceparent (sections 3.2.3 and 4.3). Node.js joins repeated headers with commas, so a repeated
 * traceparent is invalid.
 */
export function traceContextOf(headers: NodeJS.Dict<string | string[]>): TraceContext | null {
  const { traceparent: header, tracestate } = headers
  const traceparent = typeof header === 'string' ? parseTraceparent(header.trim()) : null
  if (traceparent === null) return null
  return { traceparent, tracestate: tracestate === undefined ? null : parseTracestate(String(tracestate)) }
}

/** The traceparent in the form of version 00. Unknown `flags` are dropped. */
export const formatTraceparent = (traceId: string, parentId: string, flags: number): string =>
  `00-${traceId}-${parentId}-${(flags & KNOWN_FLAGS).toString(16).padStart(2, '0')}`

/** The trace id of a valid traceparent, 32 hexadecimal digits. */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35)

/** The trace id of a request or an event as a field of a log line. */
export const traceFields = (trace: TraceContext | null): { traceId?: string } =>
  trace ? { traceId: traceIdOf(trace.traceparent) } : {}

/** The same trace and flags with a new random parent id, for the next hop. */
export function nextHop({ traceparent, tracestate }: TraceContext): TraceContext {
  let parentId = randomBytes(8).toString('hex')
  while (isZero(parentId)) parentId = randomBytes(8).toString('hex')
  return { traceparent: `${traceparent.slice(0, 36)}${parentId}${traceparent.slice(52)}`, tracestate }
}
