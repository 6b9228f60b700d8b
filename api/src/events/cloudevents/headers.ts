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
 * What a header's value stands for (HTTP binding, section 3.1.3.2): quotes around the whole of it are taken off, then per
 * cent escapes of UTF-8 are decoded, once.
 */
export function decodeHeaderValue(value: string): string | { wrong: string } {
  if (/[^\t\x20-\x7e]/.test(value))
    return { wrong: 'has a byte outside ASCII; takes it as UTF-8 with per cent escapes' }
  let text = value
  if (value.startsWith('"')) {
    const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value)
    if (!quoted) return { wrong: 'has a double quote that is not closed; takes %22 for one' }
    text = quoted[1]!.replace(/\\(.)/g, '$1')
  }
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return { wrong: 'has a per cent sign that begins no escape of UTF-8; takes %25 for one' }
  }
}
