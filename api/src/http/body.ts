import { isUtf8 } from 'node:buffer'
import { AppError, badInput } from '../kit/errors.ts'
import type { RequestContext } from './request-context.ts'

/** Default limit for the size of a request body. Enough for a batch of events; one payload may be up to 256 KiB. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024

/** Reads the whole body as text. Throws like `readBytes`, and BAD_USER_INPUT if the body is not valid UTF-8. */
export async function readText(context: RequestContext, limit?: number): Promise<string> {
  const bytes = await readBytes(context, limit)
  // Decoding would replace invalid bytes, so the stored data would silently differ from what was sent.
  if (!isUtf8(bytes)) throw badInput('body', 'has bytes that are not UTF-8')
  return bytes.toString()
}

/**
 * Reads the whole body. Throws PAYLOAD_TOO_LARGE if it has more than `limit` bytes, regardless of Content-Length. The
 * rest is then read and discarded, and the connection is closed after the response. Throws BAD_USER_INPUT if the client
 * aborts the request.
 */
export function readBytes({ req, res }: RequestContext, limit = MAX_BODY_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => {
      res.setHeader('connection', 'close')
      // The client reads the response only after it has sent the whole body, so the rest is read and discarded.
      req.removeAllListeners('data').resume()
      reject(new AppError('PAYLOAD_TOO_LARGE', `the request body exceeds ${limit / 1024 / 1024} MiB`))
    }
    if (Number(req.headers['content-length'] ?? 0) > limit) return tooLarge()
    const chunks: Buffer[] = []
    let size = 0
    req.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > limit) tooLarge()
    })
    req.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    req.on('error', () => reject(new AppError('BAD_USER_INPUT', 'the request was aborted')))
    req.on('aborted', () => reject(new AppError('BAD_USER_INPUT', 'the request was aborted')))
  })
}

/** Reads the body as JSON. Throws like `readText`, and BAD_USER_INPUT for invalid JSON or another content type. */
export async function readJson(context: RequestContext, limit?: number): Promise<unknown> {
  const type = context.req.headers['content-type']
  if (!isJson(type)) throw badInput('body', `is ${type ?? 'without a type'}; expected application/json`)
  return parseJson(await readText(context, limit))
}

export const isJson = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType)

/** Parses JSON. Throws BAD_USER_INPUT at `path` if it is invalid. */
export function parseJson(text: string, path = 'body'): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // V8's message ends with an excerpt of the text, so it may be long.
    throw badInput(path, `is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`)
  }
}
