import { badInput } from '../../kit/errors.ts'
import { JsonText } from '../../kit/json/json-text.ts'
import { Attributes, type Incoming } from './attributes.ts'
import { decodeBase64, payloadOfBytes, payloadOfString, Unreadable } from './data.ts'
import { readMediaType } from './media-type.ts'

/** The attributes that AetherLink uses. According to the specification they are strings. */
const STRINGS = new Set(
  'specversion id source type subject time datacontenttype tenantid severitytext correlationid causationid'.split(' '),
)

/**
 * Reads an event in the JSON format (CloudEvents 1.0, JSON event format, sections 2 and 3). `envelope` is the result of
 * `parseEnvelope`. Throws BAD_USER_INPUT that lists all problems. Paths are relative to the event.
 */
export function readEnvelope(envelope: unknown): Incoming {
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope))
    throw badInput([], `is ${describe(envelope)}; an event is an object`)
  const attributes = new Attributes()
  let data: JsonText | undefined
  let base64: unknown
  for (const name in envelope) {
    const value = (envelope as Record<string, unknown>)[name]
    if (value === null) continue // Section 2.2: null has the same meaning as absent.
    if (name === 'data') data = value instanceof JsonText ? value : JsonText.of(value)
    else if (name === 'data_base64') base64 = value
    else if (typeof value === 'string') attributes.put(name, value)
    else if (STRINGS.has(name)) attributes.put(name, null, `is ${describe(value)}; expected a string`)
    else if (typeof value === 'object')
      attributes.put(name, null, `is ${describe(value)}; an attribute is a string, a number or a boolean`)
    else attributes.put(name, String(value))
  }
  return attributes.event(payloadIn(attributes, data, base64))
}

/** Reads the payload (section 3.1.2). Problems are added to `attributes`. */
function payloadIn(attributes: Attributes, data: JsonText | undefined, base64: unknown): JsonText | undefined {
  const declared = attributes.get('datacontenttype')
  const type = readMediaType(declared)
  if (type === null) attributes.wrong('datacontenttype', `is not a media type; expected one such as application/json`)
  else if (base64 === undefined) {
    if (data === undefined || type.kind === 'json') return data
    if (typeof data.value === 'string') return payloadOfString(data.value, type)
    attributes.wrong('data', `is ${describe(data.value)}; with datacontenttype ${declared} it must be a string`)
  } else if (data !== undefined)
    attributes.wrong('data_base64', 'cannot be combined with data; expected one of the two')
  else if (typeof base64 !== 'string') attributes.wrong('data_base64', `is ${describe(base64)}; expected a string`)
  else {
    try {
      return payloadOfBytes(decodeBase64(base64), type)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      attributes.wrong('data_base64', error.message)
    }
  }
  return undefined
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
