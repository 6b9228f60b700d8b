import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import { badInputs, type InputIssue } from '../../kit/errors.ts'
import type { JsonText } from '../../kit/json/json-text.ts'
import type { PublishInput } from '../publish/publish.ts'
import { severityOfNumber, severityOfText } from './severity.ts'
import { parseTimestamp } from './time.ts'

/** One received event: the input for the publisher, and the names of the attributes that are not stored. */
export interface Incoming {
  input: PublishInput
  ignored: readonly string[]
}

/** The attributes that CloudEvents 1.0 requires ("REQUIRED Attributes"). */
const REQUIRED = ['specversion', 'id', 'source', 'type'] as const
const KEPT = new Set<string>([
  ...REQUIRED,
  ...[
    'subject',
    'time',
    'datacontenttype',
    'tenantid',
    'severitytext',
    'severitynumber',
    'correlationid',
    'causationid',
    'expirytime',
    'traceparent',
    'tracestate',
  ],
])
/** A valid attribute name (CloudEvents 1.0, "Naming Conventions"). */
const NAME = /^[a-z0-9]+$/
/** Characters that a string must not contain (CloudEvents 1.0, "Type System"). */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u
/** Much higher than any real number of attributes. It limits the size of the error report for a hostile event. */
const MAX_ATTRIBUTES = 100

/**
 * Collects the context attributes of an event (CloudEvents 1.0, "Context Attributes") from headers or JSON, and all
 * problems with them.
 */
export class Attributes {
  readonly #values = new Map<string, string>()
  readonly #issues: InputIssue[] = []
  #count = 0

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** Adds a problem with an attribute; without a name, a problem with the whole event. */
  wrong(name: string | null, message: string): void {
    this.#issues.push({ path: name === null ? [] : [name], message })
  }

  /**
   * Adds an attribute, converted to its canonical string. If `value` is null, the value is invalid and `unusable`
   * describes the problem. A name may occur only once. Throws BAD_USER_INPUT if there are too many attributes.
   */
  put(name: string, value: string | null, unusable = ''): void {
    this.#count++
    if (this.#count > MAX_ATTRIBUTES)
      throw badInputs([{ path: [name], message: `exceeds the limit; expected at most ${MAX_ATTRIBUTES} attributes` }])
    if (!NAME.test(name) || name === 'data') this.wrong(name, misnamed(name))
    else if (this.#values.has(name)) this.wrong(name, 'is given twice')
    else if (value === null) this.wrong(name, unusable)
    else if (value === '') this.wrong(name, 'is empty; leave it out instead')
    else if (FORBIDDEN.test(value)) this.wrong(name, 'has a control character or an invalid Unicode character')
    else this.#values.set(name, value)
  }

  /**
   * Builds the event with this payload. Throws BAD_USER_INPUT that lists all problems. Each path starts with the name
   * of the attribute.
   */
  event(payload: JsonText | undefined): Incoming {
    const values = this.#values
    for (const name of REQUIRED) {
      if (!values.has(name) && !this.#issues.some(({ path }) => path[0] === name)) this.wrong(name, 'is required')
    }
    const specversion = values.get('specversion')
    if (specversion !== undefined && specversion !== '1.0')
      this.wrong('specversion', `is ${quoted(specversion)}; expected 1.0`)
    const occurredAt = this.#instant('time')
    const expiresAt = this.#instant('expirytime')
    const severity = this.#severity()
    if (this.#issues.length > 0) throw badInputs(this.#issues)
    return {
      input: {
        type: values.get('type')!,
        source: values.get('source')!,
        severity,
        subject: values.get('subject') ?? null,
        tenantId: values.get('tenantid') ?? null,
        payload,
        occurredAt,
        // Two events with the same source and id are duplicates (CloudEvents 1.0, "id").
        idempotencyKey: values.get('id')!,
        correlationId: values.get('correlationid') ?? null,
        causationId: values.get('causationid') ?? null,
        // From the CloudEvents extension "Expiry Time".
        expiresAt,
        // From the CloudEvents extension "Distributed Tracing".
        traceparent: values.get('traceparent') ?? null,
        tracestate: values.get('tracestate') ?? null,
      },
      ignored: this.#ignored(),
    }
  }

  #instant(name: 'time' | 'expirytime'): Date | null {
    const text = this.#values.get(name)
    if (text === undefined) return null
    const time = parseTimestamp(text)
    if (time === null) this.wrong(name, `is ${quoted(text)}; expected RFC 3339, such as 2026-01-31T12:00:00Z`)
    return time
  }

  /** The severity text has priority. If it is missing or unknown, the severity number is used. */
  #severity(): Severity | null {
    const text = this.#values.get('severitytext')
    const number = this.#values.get('severitynumber')
    const severity = (text && severityOfText(text)) || (number && severityOfNumber(number)) || null
    if (severity === null && text !== undefined)
      this.wrong('severitytext', `is ${quoted(text)}; expected TRACE, DEBUG, INFO, WARN, ERROR, FATAL or CRITICAL`)
    else if (severity === null && number !== undefined)
      this.wrong('severitynumber', `is ${quoted(number)}; expected 1 to 24`)
    return severity
  }

  #ignored(): readonly string[] {
    let names = NONE
    for (const name of this.#values.keys()) if (!KEPT.has(name)) names = [...names, name]
    return names
  }
}

const NONE: readonly string[] = []

function misnamed(name: string): string {
  const right = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  const instead = right !== '' && right !== name && right.length <= 60 ? `, such as ${right}` : ''
  return `is not an attribute name; expected lower-case letters and digits${instead}`
}

const quoted = (value: string) => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
