import { AppError, badInput } from '../../kit/errors.ts'
import { isDeeper } from '../../kit/nesting.ts'

const MAX_PAYLOAD_BYTES = 256 * 1024
/** Far above any real payload; Postgres' JSON parser and its readers recurse. */
export const MAX_PAYLOAD_DEPTH = 100

/** The text that is stored. Throws BAD_USER_INPUT or PAYLOAD_TOO_LARGE at `path`. */
export function payloadToText(payload: unknown, path: readonly string[]): string {
  // Two characters are the least that a level takes: a short text cannot be too deep.
  if (isDeeper(payload, MAX_PAYLOAD_DEPTH)) throw badInput(path, `is nested more than ${MAX_PAYLOAD_DEPTH} levels deep`)
  const text = JSON.stringify(payload)
  if (text === undefined) throw badInput(path, 'is not JSON')
  const bytes = text.length > MAX_PAYLOAD_BYTES / 4 ? Buffer.byteLength(text) : text.length
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw new AppError(
      'PAYLOAD_TOO_LARGE',
      `${path.join('.')}: has ${bytes} bytes as JSON; takes at most ${MAX_PAYLOAD_BYTES} (256 KiB)`,
      { path },
    )
  }
  return text
}
