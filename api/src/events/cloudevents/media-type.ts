/** How a request carries events: one with its attributes in headers, one in JSON, or several in JSON. */
export type Mode = 'binary' | 'structured' | 'batch'

/** What is made of data of a media type: a JSON value, a string, or bytes that are kept as they are. */
export type DataKind = 'json' | 'text' | 'bytes'

export interface MediaType {
  /** null: a CloudEvents format that is not understood (application/cloudevents+avro). */
  mode: Mode | null
  kind: DataKind
  /** For a character set other than UTF-8. */
  decoder: TextDecoder | null
}

const SYNTAX = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i
const UTF_8 = /^(?:utf-?8|us-ascii)$/i
const TEXT = /^text\/|[/+](?:xml|yaml)$|^application\/(?:x-www-form-urlencoded|javascript|graphql|sql|toml)$/

const FORMATS: Record<string, Mode> = {
  'application/cloudevents+json': 'structured',
  'application/cloudevents-batch+json': 'batch',
}

/** A producer sends the same few over and over. The bound is for those who make them up. */
const known = new Map<string, MediaType | null>()
const MAX_KNOWN = 200

/** What a media type (RFC 9110, section 8.3) means here; without one it is JSON. null: it is none. */
export function readMediaType(value: string | undefined): MediaType | null {
  if (value === undefined) return JSON_TYPE
  const found = known.get(value)
  if (found !== undefined) return found
  const read = parse(value)
  if (known.size < MAX_KNOWN) known.set(value, read)
  return read
}

const JSON_TYPE: MediaType = { mode: 'binary', kind: 'json', decoder: null }

function parse(value: string): MediaType | null {
  const essence = value.split(';', 1)[0]!.trim().toLowerCase()
  if (!SYNTAX.test(essence)) return null
  // The HTTP binding, section 1.3: what begins like this is structured or batched, and binary is everything else.
  const mode = essence.startsWith('application/cloudevents') ? (FORMATS[essence] ?? null) : 'binary'
  const charset = CHARSET.exec(value)?.[1]
  const decoder = charset === undefined || UTF_8.test(charset) ? null : decoderOf(charset)
  // Characters that cannot be told apart are kept as bytes: a guess would damage them.
  const kind = decoder === undefined ? 'bytes' : kindOf(essence)
  return { mode, kind, decoder: decoder ?? null }
}

/** As the JSON format (section 3.1.1) has it: the subtype is json, or ends with +json. */
function kindOf(essence: string): DataKind {
  if (/[/+]json$/.test(essence)) return 'json'
  return TEXT.test(essence) ? 'text' : 'bytes'
}

function decoderOf(charset: string): TextDecoder | undefined {
  try {
    return new TextDecoder(charset, { fatal: true })
  } catch {
    return undefined
  }
}
