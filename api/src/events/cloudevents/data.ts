import { isUtf8 } from 'node:buffer'
import type { MediaType } from './media-type.ts'

/** Bytes or text that are not what they were said to be. */
export class Unreadable extends Error {}

/**
 * The payload in bytes of a media type: JSON is parsed, text is a string, and everything else is `{ data_base64 }`, as the
 * JSON format carries it. No bytes are no data (undefined). Throws Unreadable.
 */
export function payloadOf(bytes: Buffer, type: MediaType): unknown {
  if (bytes.length === 0) return undefined
  if (type.kind === 'json') return parseJson(decode(bytes, type))
  return type.kind === 'text' ? decode(bytes, type) : { data_base64: bytes.toString('base64') }
}

/**
 * Bytes as text, without a byte order mark. What does not belong to the character set is refused: replacing it would be
 * silent. Throws Unreadable.
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

/** Throws Unreadable. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // V8's message ends with the text around the place, which may be long.
    throw new Unreadable(`is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`)
  }
}

/**
 * Base64 with its padding (RFC 4648, section 4). Buffer.from skips what it does not know, so the way back has to agree.
 * Throws Unreadable.
 */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new Unreadable('is not base64 (RFC 4648, with its padding)')
  return bytes
}
