/**
 * The content mode of a request. binary: the attributes are in headers. structured: the body is one event as JSON.
 * batch: the body is a list of events as JSON.
 */
export type Mode = 'binary' | 'structured' | 'batch'

/** How data of a media type is stored: as a JSON value, as a string, or as base64 bytes. */
export type DataKind = 'json' | 'text' | 'bytes'

export interface MediaType {
  /** Null for a CloudEvents format that is not supported (application/cloudevents+avro). */
  mode: Mode | null
  kind: DataKind
  /** Decodes the character set; null for UTF-8. */
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

/** Cached media types. Producers use only a few, and the limit protects against clients that invent more. */
const mediaTypes = new Map<string, MediaType | null>()
const MAX_MEDIA_TYPES = 200

/**
 * Parses a media type (RFC 9110, section 8.3). An absent one has the meaning of JSON. Null if the value is malformed.
 */
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
  // This prefix means structured or batched mode; everything else is binary mode (HTTP binding, section 1.3).
  const mode = essence.startsWith('application/cloudevents') ? (FORMATS[essence] ?? null) : 'binary'
  const charset = CHARSET.exec(value)?.[1]
  const decoder = charset === undefined || UTF_8.test(charset) ? null : decoderOf(charset)
  // Text in an unknown character set is stored as bytes, because a wrong guess would damage it.
  const kind = decoder === undefined ? 'bytes' : kindOf(essence)
  return { mode, kind, decoder: decoder ?? null }
}

/** JSON means that the subtype is json or ends with +json (JSON format, section 3.1.1). */
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
