import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

/** The maximum size of the stored part of a response body, before and after decompression. */
export const KEPT_BODY_BYTES = 16 * 1024

export interface KeptBody {
  /** Text that PostgreSQL accepts. */
  text: string
  truncated: boolean
}

/**
 * The stored part of a response body as text. Compressed bodies (gzip, deflate, br) are decompressed up to the limit:
 * the sender asks for none, but some receivers compress nevertheless. The charset of the content type is used.
 * `truncated`: the bytes are only the beginning of the body.
 */
export function readKeptBody(
  bytes: Buffer,
  truncated: boolean,
  header: (name: string) => string | undefined,
): KeptBody | Promise<KeptBody> {
  const charset = /charset\s*=\s*"?([\w.:-]+)/i.exec(header('content-type') ?? '')?.[1]
  const encoding = header('content-encoding')?.trim().toLowerCase() ?? 'identity'
  const decompress = bytes.length > 0 ? decompressorOf(encoding, bytes) : null
  if (decompress === null) return decode(bytes, truncated, charset)
  return inflate(decompress, bytes).then(
    ({ plain, isWhole }) => decode(plain, truncated || !isWhole, charset),
    () => ({ text: `(${bytes.length} bytes of ${encoding} that cannot be decompressed)`, truncated: true }),
  )
}

function decompressorOf(encoding: string, [first = 0]: Buffer): Transform | null {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip()
  if (encoding === 'br') return createBrotliDecompress()
  // RFC 9110, section 8.4.1.2: some senders omit the zlib wrapper, whose first byte ends in 8.
  if (encoding === 'deflate') return (first & 0x0f) === 8 ? createInflate() : createInflateRaw()
  return null
}

/**
 * Decompresses until the limit is reached or the input ends. Rejects when nothing could be decompressed. The limit
 * applies to the output: 16 KiB of Brotli may contain gigabytes.
 */
function inflate(stream: Transform, bytes: Buffer): Promise<{ plain: Buffer; isWhole: boolean }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const finish = (isWhole: boolean) => {
      stream.destroy()
      resolve({ plain: Buffer.concat(chunks).subarray(0, KEPT_BODY_BYTES), isWhole })
    }
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > KEPT_BODY_BYTES) finish(false)
    })
    stream.on('end', () => finish(true))
    // If only the beginning was stored, the input ends in the middle.
    stream.on('error', (error) => (size > 0 ? finish(false) : reject(error)))
    stream.end(bytes)
  })
}

function decode(bytes: Buffer, truncated: boolean, charset: string | undefined): KeptBody {
  if (bytes.length === 0) return { text: '', truncated }
  // Streaming omits a character that the limit cuts.
  const text = decoderOf(charset).decode(bytes, { stream: truncated })
  // PostgreSQL's text type has no NUL.
  return { text: text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text, truncated }
}

function decoderOf(charset = 'utf-8'): TextDecoder {
  try {
    return new TextDecoder(charset, { ignoreBOM: true })
  } catch {
    return new TextDecoder('utf-8', { ignoreBOM: true })
  }
}
