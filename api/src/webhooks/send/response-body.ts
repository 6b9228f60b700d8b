import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

/** At most this many bytes of a response body are stored, both before and after decompression. */
export const KEPT_BODY_BYTES = 16 * 1024

export interface KeptBody {
  /** A text that PostgreSQL can store. */
  text: string
  truncated: boolean
}

/**
 * The part of a response body that is stored, as text. Bodies that are compressed with gzip, deflate or br are
 * decompressed up to the limit. The request does not accept compression, but some receivers use it anyway. The charset
 * of the content type is used. `truncated` means that `bytes` are only the start of the body.
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
  // Some receivers omit the zlib wrapper (RFC 9110, section 8.4.1.2). With the wrapper, the low half of the first byte
  // is 8.
  if (encoding === 'deflate') return (first & 0x0f) === 8 ? createInflate() : createInflateRaw()
  return null
}

/**
 * Decompresses until the limit is reached or the input ends. Rejects if nothing could be decompressed. The limit
 * applies to the output, because 16 KiB of Brotli can contain gigabytes.
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
    // If only the start of the body was kept, the compressed data ends in the middle.
    stream.on('error', (error) => (size > 0 ? finish(false) : reject(error)))
    stream.end(bytes)
  })
}

function decode(bytes: Buffer, truncated: boolean, charset: string | undefined): KeptBody {
  if (bytes.length === 0) return { text: '', truncated }
  // With `stream`, a character that was cut in the middle is omitted.
  const text = decoderOf(charset).decode(bytes, { stream: truncated })
  // PostgreSQL cannot store NUL in a text.
  return { text: text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text, truncated }
}

function decoderOf(charset = 'utf-8'): TextDecoder {
  try {
    return new TextDecoder(charset, { ignoreBOM: true })
  } catch {
    return new TextDecoder('utf-8', { ignoreBOM: true })
  }
}
