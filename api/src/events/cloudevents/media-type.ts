/**
 * The content mode of a request: attributes in headers (binary), one event in JSON (structured), or several events in
 * JSON (batched).
 */
export type Mode = 'binary' | 'structured' | 'batch'

/** How data of a media type is stored: as a JSON value, as a string, or as base64 bytes. */
export type DataKind = 'json' | 'text' | 'bytes'

export interface MediaType {
  /** null for an unsupported CloudEvents format (application/cloudevents+avro). */
  mode: Mode | null
  kind: DataKind
  /** The decoder of a character set other than UTF-8. */
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

/** Producers repeat a few media types. The bound protects against clients that invent them. */
const mediaTypes = new Map<string, MediaType | null>()
const MAX_MEDIA_TYPES = 200

/** Parses a media type (RFC 9110, section 8.3); an absent one counts as JSON. Null if it is malformed. */
export function readMediaType(value: string | undefined): MediaType | null {
  if (value === undefined) return JSON_TYPE
  const parsed = mediaTypes.get(value)
  if (parsed !== undefined) return parsed
  const read = parse(value)
  if (mediaTypes.size < MAX_MEDIA_TYPES) mediaTypes.set(value, read)
  return read
}

const JSON_TYPE: MediaType = { mode: 'binary', kind: 'json', decoder: null }

function parse(value: string): MediaType | null {
  const essence = value.split(';', 1)[0]!.trim().toLowerCase()
  if (!SYNTAX.test(essence)) return null
  // HTTP binding, section 1.3: these prefixes mean structured or batched mode; anything else is binary mode.
  const mode = essence.startsWith('application/cloudevents') ? (FORMATS[essence] ?? null) : 'binary'
  const charset = CHARSET.exec(value)?.[1]
  const decoder = charset === undefined || UTF_8.test(charset) ? null : decoderOf(charset)
  // Text in an unknown character set is stored as bytes: a guess would damage it.
  const kind = decoder === undefined ? 'bytes' : kindOf(essence)
  return { mode, kind, decoder: decoder ?? null }
}

/** JSON format, section 3.1.1: the subtype is json or ends with +json. */
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
