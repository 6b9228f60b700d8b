import { AppError } from '../../kit/errors.ts'
import { JsonText } from '../../kit/json/json-text.ts'

const MAX_PAYLOAD_BYTES = 256 * 1024
/**
 * Much deeper than any real payload. The limit exists because the JSON parser of PostgreSQL and the readers of payloads
 * are recursive.
 */
export const MAX_PAYLOAD_DEPTH = 100

export const EMPTY_PAYLOAD = new JsonText('{}', {})

/**
 * Validates a payload and returns its parsed value. (What is stored is the text.) Throws BAD_USER_INPUT or
 * PAYLOAD_TOO_LARGE at `path`.
 */
export function readPayload(payload: JsonText, path: readonly string[]): unknown {
  const value = payload.read(path, MAX_PAYLOAD_DEPTH)
  const { text } = payload
  const bytes = text.length > MAX_PAYLOAD_BYTES / 4 ? Buffer.byteLength(text) : text.length
  if (bytes <= MAX_PAYLOAD_BYTES) return value
  throw new AppError(
    'PAYLOAD_TOO_LARGE',
    `${path.join('.')}: has ${bytes} bytes as JSON; expected at most ${MAX_PAYLOAD_BYTES} (256 KiB)`,
    { path },
  )
}
