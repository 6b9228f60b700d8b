import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

/** The part of an answer's body that is kept, before and after decompression. */
export const KEPT_BODY_BYTES = 16 * 1024

export interface KeptBody {
  /** Text that PostgreSQL accepts. */
  text: string
  truncated: boolean
}

/**
 * The kept part of an answer's body as text. Compressed bodies (gzip, deflate, br) are decompressed up to the bound: the sender
 * asks for none, and some receivers compress all the same. The charset of the content type is honoured. `truncated`: the bytes are
 * only the beginning of the body.
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
  // RFC 9110, section 8.4.1.2: some senders leave out the zlib wrapper, whose first byte ends in 8.
  if (encoding === 'deflate') return (first & 0x0f) === 8 ? createInflate() : createInflateRaw()
  return null
}

/**
 * Decompresses until the bound is reached or the input ends. Rejects when nothing could be decompressed. A bound on the output, not
 * on the input: 16 KiB of Brotli may hold gigabytes.
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
    // The input ends in the middle when only its beginning was kept.
    stream.on('error', (error) => (size > 0 ? finish(false) : reject(error)))
    stream.end(bytes)
  })
}

function decode(bytes: Buffer, truncated: boolean, charset: string | undefined): KeptBody {
  if (bytes.length === 0) return { text: '', truncated }
  // Streaming leaves out a character that the bound cuts through.
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
