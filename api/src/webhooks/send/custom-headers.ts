import type { InputIssue } from '../../kit/errors.ts'

export type Headers = Readonly<Record<string, string>>

/** Shown in place of a secret value. If an update contains this text, the stored value is kept. */
export const REDACTED = '[redacted]'

export const MAX_HEADERS = 32
export const MAX_HEADER_NAME = 100
export const MAX_HEADER_BYTES = 4096

/** A header name: "token" of RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/**
 * A header value: "field-value" of RFC 9110, section 5.5. It consists of visible characters, spaces, tabs and obs-text;
 * other characters cannot be transmitted.
 */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Headers that are set for framing, for the signature or by the sender. Custom headers must not replace them. */
const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'expect',
  'host',
  'keep-alive',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
])
const RESERVED_PREFIX = /^(webhook-|proxy-)/

const SECRET_NAME = /authorization|cookie|key|token|secret|auth|password|signature/i

/** Header values for display. A value is replaced if the name of the header suggests a secret. Values may be lists. */
export function redactHeaders<Value>(
  headers: Readonly<Record<string, Value>>,
): Record<string, Value | typeof REDACTED> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, SECRET_NAME.test(name) ? REDACTED : value]),
  )
}

/**
 * Validates custom request headers. All problems are added to `issues` under `path`. If a value is "[redacted]", the
 * value in `stored` is used. Returns the valid headers.
 */
export function parseHeaders(
  input: unknown,
  path: readonly string[],
  issues: InputIssue[],
  stored: Headers = {},
): Headers {
  const wrong = (message: string, name?: string) =>
    issues.push({ path: name === undefined ? [...path] : [...path, name], message })
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    wrong(
      `is ${Array.isArray(input) ? 'a list' : JSON.stringify(input)}; expected an object of header names and their text`,
    )
    return {}
  }
  const entries = Object.entries(input)
  if (entries.length > MAX_HEADERS) {
    wrong(`has ${entries.length} headers; expected at most ${MAX_HEADERS}`)
    return {}
  }
  const kept = new Map(Object.entries(stored).map(([name, value]) => [name.toLowerCase(), value]))
  const seen = new Set<string>()
  const headers: [string, string][] = []
  for (const [name, inputValue] of entries) {
    const lower = name.toLowerCase()
    const value = inputValue === REDACTED ? kept.get(lower) : inputValue
    const problem = nameProblem(name, lower) ?? (seen.has(lower) ? 'is there twice; names do not differ by case' : null)
    if (problem) wrong(problem, name.slice(0, MAX_HEADER_NAME))
    else if (value === undefined)
      wrong(`says ${REDACTED}, but there is no such header to keep; expected its value`, name)
    else if (typeof value !== 'string') wrong(`is ${JSON.stringify(value)?.slice(0, 80)}; expected text`, name)
    else if (Buffer.byteLength(value) > MAX_HEADER_BYTES)
      wrong(`has ${Buffer.byteLength(value)} bytes; expected at most ${MAX_HEADER_BYTES}`, name)
    else if (!VALUE.test(value)) wrong('has a line break or another character that a header cannot carry', name)
    else headers.push([name, value])
    seen.add(lower)
  }
  return Object.fromEntries(headers)
}

function nameProblem(name: string, lower: string): string | null {
  if (name.length > MAX_HEADER_NAME)
    return `has a name of ${name.length} characters; expected at most ${MAX_HEADER_NAME}`
  if (!TOKEN.test(name)) return "is not a header name; expected letters, digits and !#$%&'*+-.^_`|~"
  if (RESERVED.has(lower) || RESERVED_PREFIX.test(lower)) return 'is set by the sender and cannot be overridden'
  return null
}
