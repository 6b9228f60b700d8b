import { isUtf8 } from 'node:buffer'
import { parseJsonText, type TextSelection, withJsonTexts } from '../../kit/json/json-scan.ts'
import { JsonText } from '../../kit/json/json-text.ts'
import type { MediaType } from './media-type.ts'

/** Thrown for data that does not match its declared media type. */
export class Unreadable extends Error {}

/**
 * Decodes a request body into a payload. JSON stays JSON, text becomes a JSON string, and all other types become `{
 * data_base64 }`, as in the JSON format. Undefined if the body is empty. Throws Unreadable.
 */
export function payloadOfBytes(bytes: Buffer, type: MediaType): JsonText | undefined {
  if (bytes.length === 0) return undefined
  if (type.kind === 'json') return readJson(decode(bytes, type), parseJsonText)
  return type.kind === 'text' ? JsonText.of(decode(bytes, type)) : encoded(bytes)
}

/**
 * Decodes a string that contains non-JSON data in the JSON format (section 3.1.1). The result is the same as that of
 * `payloadOfBytes` for a body with this text. Undefined if the string is empty.
 */
export function payloadOfString(text: string, type: MediaType): JsonText | undefined {
  if (text === '') return undefined
  return type.kind === 'text' ? JsonText.of(text) : encoded(Buffer.from(text))
}

const encoded = (bytes: Buffer) => JsonText.of({ data_base64: bytes.toString('base64') })

/**
 * Decodes bytes to text and removes the byte order mark. Throws Unreadable for bytes that are invalid in the character
 * set, because a replacement character would silently change the data.
 */
export function decode(bytes: Buffer, { decoder }: MediaType): string {
  if (decoder) {
    try {
      return decoder.decode(bytes)
    } catch {
      throw new Unreadable(`has bytes that are not ${decoder.encoding}`)
    }
  }
  if (!isUtf8(bytes)) throw new Unreadable('has bytes that are not UTF-8')
  const text = bytes.toString()
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** The JSON member whose original text is kept: the `data` of an event. */
const ENVELOPE: TextSelection = { kind: 'object', fields: new Map([['data', { kind: 'text' }]]) }
const BATCH: TextSelection = { kind: 'list', element: ENVELOPE }

/** Parses an event in the JSON format. `data` becomes a JsonText unless it is null. Throws Unreadable. */
export const parseEnvelope = (text: string): unknown =>
  readJson(text, () => withJsonTexts(text, JSON.parse(text), ENVELOPE))

/** Parses a batch in the JSON batch format. Each element is the same as from `parseEnvelope`. Throws Unreadable. */
export const parseBatch = (text: string): unknown => readJson(text, () => withJsonTexts(text, JSON.parse(text), BATCH))

function readJson<Value>(text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text)
  } catch (error) {
    // V8's message ends with an excerpt of the text, so it may be long.
    throw new Unreadable(`is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`)
  }
}

/**
 * Decodes base64 with padding (RFC 4648, section 4). Buffer.from ignores invalid characters, so the result is encoded
 * again and compared with the input. Throws Unreadable.
 */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new Unreadable('is not base64 (RFC 4648, with its padding)')
  return bytes
}
