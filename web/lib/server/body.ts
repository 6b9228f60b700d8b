/** Size limit of a form. A sign-in has a few hundred bytes. */
export const FORM_BYTES = 4 * 1024
/** Size limit of an operation with its variables. The API's own limit is lower. */
export const OPERATION_BYTES = 4 * 1024 * 1024

/** The text of a body, or the reason why it was not read. */
export type Body = { text: string } | { status: 400 | 411 | 413; problem: string }

/**
 * Reads the body of a request as text. The request must have a Content-Length. A body that is too long is not read.
 * Because the header may be wrong, at most `longest` bytes plus one chunk are kept in memory.
 */
export async function readBody({ headers, body }: Request, longest: number): Promise<Body> {
  const length = headers.get('content-length')
  if (length === null || headers.has('transfer-encoding'))
    return { status: 411, problem: 'Content-Length: is required' }
  const tooLong = { status: 413, problem: `the request is larger than ${longest} bytes` } as const
  if (!(Number(length) <= longest)) return tooLong
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // Not `for await`: leaving the loop would destroy the request, and with it the socket needed for the response.
    for (const reader = body?.getReader(); reader; ) {
      const { done, value } = await reader.read()
      if (done) break
      size += value.byteLength
      if (size > longest) return tooLong
      chunks.push(value)
    }
  } catch {
    return { status: 400, problem: 'the request was aborted' }
  }
  return { text: new TextDecoder().decode(Buffer.concat(chunks)) }
}

/** Parses JSON; null if invalid. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
