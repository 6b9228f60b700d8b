import { isUtf8 } from 'node:buffer'
import { Attributes } from './attributes.ts'

/**
 * The attributes of an event in binary mode (HTTP binding, section 3.1.3). `rawHeaders` is node's: names and values in
 * turn, as they came; its `headers` has joined a header that came twice, which an attribute must not.
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
    if (name === 'datacontenttype') attributes.wrong(name, 'is what Content-Type says in this mode; leave it out')
    else {
      const decoded = isPlain(value) ? value : decodeHeaderValue(value)
      if (typeof decoded === 'string') attributes.put(name, decoded)
      else attributes.wrong(name, decoded.wrong)
    }
  }
  if (!any) attributes.wrong('specversion', NO_EVENT)
  return attributes
}

const NO_EVENT =
  'is missing, as is every other ce- header; an event in JSON takes Content-Type: application/cloudevents+json'

/** Whether a header begins with "ce-", in any case. */
const isAttribute = (header: string): boolean =>
  header.charCodeAt(2) === 0x2d && (header.charCodeAt(1) | 0x20) === 0x65 && (header.charCodeAt(0) | 0x20) === 0x63

/** Printable ASCII without a per cent sign or a double quote means itself. */
function isPlain(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === 0x25 || code === 0x22) return false
  }
  return true
}

/**
 * What a header's value stands for (HTTP binding, section 3.1.3.2): quotes around the whole of it are taken off, then escapes of
 * UTF-8 are decoded, once. Widely used SDKs (Go, Python, JavaScript) do not encode: a per cent sign that begins no escape and a
 * quote that encloses nothing stand for themselves, and bytes beyond ASCII are the text in UTF-8, or else in ISO 8859-1, which
 * HTTP clients of Python and JavaScript send.
 */
export function decodeHeaderValue(value: string): string | { wrong: string } {
  let text = isAscii(value) ? value : decodeBytes(Buffer.from(value, 'latin1'))
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(text)
  if (quoted) text = quoted[1]!.replace(/\\(.)/g, '$1')
  if (!text.includes('%')) return text
  try {
    return text.replace(/(?:%[\da-f]{2})+/gi, decodeURIComponent)
  } catch {
    return { wrong: 'has escapes of bytes that are not UTF-8; takes %25 for a per cent sign' }
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
const isAscii = (value: string) => /^[\x00-\x7f]*$/.test(value)

/** Node.js gives each byte of a header as a character. */
const decodeBytes = (bytes: Buffer) => bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
