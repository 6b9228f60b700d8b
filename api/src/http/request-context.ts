import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestNotes } from '../graphql/context.ts'
import type { Identity } from '../identity/identity.ts'
import { AppError, badInput } from '../kit/errors.ts'

/** One request and its response, with what every route wants to know of it. */
export interface RequestContext {
  req: IncomingMessage
  res: ServerResponse
  requestId: string
  clientIp: string | null
  /** Who asks; null until that is known, and where it is nobody's business. */
  identity: Identity | null
  noted: RequestNotes
}

/** Bytes of a request's body that are read. A payload may have 256 KiB; a batch of events has to fit too. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024

export function sendJson({ res, req }: RequestContext, status: number, body: unknown, type = 'application/json'): void {
  sendText(res, status, JSON.stringify(body), `${type}; charset=utf-8`, req.method === 'HEAD')
}

export function sendText(res: ServerResponse, status: number, text: string, contentType: string, head = false): void {
  res.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) })
  res.end(head ? undefined : text)
}

/** The whole body as text. Throws as readBytes. */
export const readText = async (exchange: RequestContext, limit?: number): Promise<string> =>
  (await readBytes(exchange, limit)).toString()

/**
 * The whole body. Throws PAYLOAD_TOO_LARGE beyond the limit, whatever its length header says; the rest is then not read
 * and the connection is closed after the answer.
 */
export function readBytes({ req, res }: RequestContext, limit = MAX_BODY_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => {
      res.setHeader('connection', 'close')
      // What still comes is discarded, so that the client gets to read the answer.
      req.removeAllListeners('data').resume()
      reject(new AppError('PAYLOAD_TOO_LARGE', `the body of a request may have ${limit / 1024 / 1024} MiB`))
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
    req.on('error', () => reject(new AppError('BAD_USER_INPUT', 'the request broke off')))
    req.on('aborted', () => reject(new AppError('BAD_USER_INPUT', 'the request broke off')))
  })
}

/** The body as JSON. Throws BAD_USER_INPUT for another content type and for what is not JSON. */
export async function readJson(exchange: RequestContext, limit?: number): Promise<unknown> {
  const type = exchange.req.headers['content-type']
  if (!isJson(type)) throw badInput('body', `is ${type ?? 'of no type'}; takes application/json`)
  return parseJson(await readText(exchange, limit))
}

export const isJson = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType)

/** `path` is what the text came as. Throws BAD_USER_INPUT for what is not JSON. */
export function parseJson(text: string, path = 'body'): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // V8's message ends with the text around the place, which may be long.
    throw badInput(path, `is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`)
  }
}
