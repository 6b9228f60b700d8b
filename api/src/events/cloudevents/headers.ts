import { isUtf8 } from 'node:buffer'
import { Attributes } from './attributes.ts'

/**
 * Reads the attributes of an event in binary mode (HTTP binding, section 3.1.3). In `rawHeaders`, names and values
 * alternate. Node's `headers` cannot be used, because it merges duplicates, and a duplicate attribute is an error.
 */
export function readHeaders(rawHeaders: readonly string[]): Attributes {
  const attributes = new Attributes()
  let any = false
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i]!
    if (!isAttribute(header)) continue
    any = true
    const name = header.slice(3).toLowerCase()
    const value = rawHeaders[i + 1]!
    if (name === 'datacontenttype') attributes.wrong(name, 'is given by Content-Type in this mode; leave it out')
    else {
      const decoded = isPlain(value) ? value : decodeHeaderValue(value)
      if (typeof decoded === 'string') attributes.put(name, decoded)
      else attributes.wrong(name, decoded.wrong)
    }
  }
  if (!any) attributes.wrong('specversion', NO_EVENT)
  return attributes
}

const NO_EVENT = 'is missing, as are all ce- headers; an event in JSON needs Content-Type: application/cloudevents+json'

/** Whether the name of a header starts with "ce-", in upper or lower case. */
const isAttribute = (header: string): boolean =>
  header.charCodeAt(2) === 0x2d && (header.charCodeAt(1) | 0x20) === 0x65 && (header.charCodeAt(0) | 0x20) === 0x63

/** Whether a value needs no decoding: it is printable ASCII without percent signs and double quotes. */
function isPlain(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === 0x25 || code === 0x22) return false
  }
  return true
}

/**
 * Decodes a header value (HTTP binding, section 3.1.3.2): removes quotes around the whole value, then decodes
 * percent-encoded UTF-8 once. Common SDKs (Go, Python, JavaScript) do not encode values, so a percent sign that is not
 * part of an escape sequence and an unpaired quote stay as they are. Bytes beyond ASCII are decoded as UTF-8 or, if
 * they are not valid UTF-8, as ISO 8859-1, which Python and JavaScript clients send.
 */
export function decodeHeaderValue(value: string): string | { wrong: string } {
  let text = isAscii(value) ? value : decodeBytes(Buffer.from(value, 'latin1'))
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(text)
  if (quoted) text = quoted[1]!.replace(/\\(.)/g, '$1')
  if (!text.includes('%')) return text
  try {
    return text.replace(/(?:%[\da-f]{2})+/gi, decodeURIComponent)
  } catch {
    return { wrong: 'has escapes that are not UTF-8; write %25 for a percent sign' }
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII includes control characters
const isAscii = (value: string) => /^[\x00-\x7f]*$/.test(value)

/** Decodes the bytes of a header. Node.js returns each byte as one character. */
const decodeBytes = (bytes: Buffer) => bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
