import { isUtf8 } from 'node:buffer'
import { parseJsonText, type TextSelection, withJsonTexts } from '../../kit/json-scan.ts'
import { JsonText } from '../../kit/json-text.ts'
import type { MediaType } from './media-type.ts'

/** Bytes or text that are not what they were said to be. */
export class Unreadable extends Error {}

/**
 * The payload in bytes of a media type: JSON is itself, text is a JSON string, and everything else is `{ data_base64 }`, as the
 * JSON format carries it. No bytes are no data (undefined). Throws Unreadable.
 */
export function payloadOfBytes(bytes: Buffer, type: MediaType): JsonText | undefined {
  if (bytes.length === 0) return undefined
  if (type.kind === 'json') return readJson(decode(bytes, type), parseJsonText)
  return type.kind === 'text' ? JsonText.of(decode(bytes, type)) : encoded(bytes)
}

/**
 * The payload in a string that the JSON format carries for data which is not JSON (JSON event format, section 3.1.1). It is the
 * same as `payloadOfBytes` makes of that text in a body: the empty string is no data.
 */
export function payloadOfString(text: string, type: MediaType): JsonText | undefined {
  if (text === '') return undefined
  return type.kind === 'text' ? JsonText.of(text) : encoded(Buffer.from(text))
}

const encoded = (bytes: Buffer) => JsonText.of({ data_base64: bytes.toString('base64') })

/**
 * Bytes as text, without a byte order mark. Bytes that do not belong to the character set are refused: replacing them would
 * change the data without a word. Throws Unreadable.
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

/** The `data` of an event keeps its text. */
const ENVELOPE: TextSelection = { kind: 'object', fields: new Map([['data', { kind: 'text' }]]) }
const BATCH: TextSelection = { kind: 'list', of: ENVELOPE }

/** An event of the JSON format as it came, `data` as a JsonText unless it is null. Throws Unreadable. */
export const parseEnvelope = (text: string): unknown =>
  readJson(text, () => withJsonTexts(text, JSON.parse(text), ENVELOPE))

/** The events of the JSON batch format, as `parseEnvelope` gives each. Throws Unreadable. */
export const parseBatch = (text: string): unknown => readJson(text, () => withJsonTexts(text, JSON.parse(text), BATCH))

function readJson<Value>(text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text)
  } catch (error) {
    // V8's message ends with the text around the place, which may be long.
    throw new Unreadable(`is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`)
  }
}

/**
 * Base64 with its padding (RFC 4648, section 4). Buffer.from skips characters that are not base64, so encoding the bytes again
 * has to give the same text. Throws Unreadable.
 */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new Unreadable('is not base64 (RFC 4648, with its padding)')
  return bytes
}
