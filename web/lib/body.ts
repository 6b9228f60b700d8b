/** What a form may have: a sign-in is a few hundred bytes. */
export const FORM_BYTES = 4 * 1024
/** What an operation may have, with its variables. The API takes less, and says so itself. */
export const OPERATION_BYTES = 4 * 1024 * 1024

/** A body, or why it was not read. */
export type Body = { text: string } | { status: 400 | 411 | 413; problem: string }

/**
 * The body of a request as text. It has to say how long it is, and is not touched when that is too long; what it says is not
 * believed: never is more than `longest` bytes and a chunk of it in memory.
 */
export async function readBody({ headers, body }: Request, longest: number): Promise<Body> {
  const length = headers.get('content-length')
  if (length === null || headers.has('transfer-encoding'))
    return { status: 411, problem: 'Content-Length: a request says how long it is' }
  const tooLong = { status: 413, problem: `the request is larger than ${longest} bytes` } as const
  if (!(Number(length) <= longest)) return tooLong
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // Not `for await`, which would cancel what it leaves: the request, and with it the socket that the answer goes to.
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

/** What a text in JSON says; null for one that is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
