import { Agent, errors, request } from 'undici'
import { ProviderFailure, slug } from './failure.ts'

/**
 * Maximum size of a response in bytes: an answer has a few hundred, and an endless one must not fill the memory until
 * its timeout.
 */
const MAX_RESPONSE_BYTES = 1024 * 1024

// The signal of a request limits its time, and may allow more than undici's own 5 minutes.
const agent = new Agent({ maxResponseSize: MAX_RESPONSE_BYTES, headersTimeout: 0, bodyTimeout: 0 })

/**
 * The `fetch` of the vendors' SDKs. It reads the whole response, up to MAX_RESPONSE_BYTES, and takes a third of the CPU
 * time of the global `fetch`. Redirects are refused: their target would get the key. Rejects with ProviderFailure, or
 * with the reason of the signal.
 */
export const boundedFetch: typeof fetch = async (input, init = {}) => {
  const { method = 'GET', body: sent, signal } = init
  if (typeof sent !== 'string') throw new TypeError('only a text can be sent')
  // A compressed response would have to be unpacked, and could then be longer than the limit.
  const sentHeaders = new Headers(init.headers)
  sentHeaders.set('accept-encoding', 'identity')
  const { statusCode, headers, body } = await request(input instanceof Request ? input.url : input, {
    dispatcher: agent,
    method,
    headers: sentHeaders,
    body: sent,
    signal: signal ?? null,
  }).catch((error: unknown) => {
    throw signal?.aborted ? error : unreachable(error)
  })
  if (statusCode >= 300 && statusCode < 400) {
    await body.dump()
    throw new ProviderFailure('UNREACHABLE', 'cannot be reached (it redirects)')
  }
  const text = await body.text().catch((error: unknown) => {
    if (signal?.aborted) throw error
    if (error instanceof errors.ResponseExceededMaxSizeError)
      throw new ProviderFailure('TRUNCATED', 'the answer is longer than 1 MiB')
    if (statusCode < 300) throw new ProviderFailure('TRUNCATED', 'the answer was cut off')
    // The status says enough.
    return ''
  })
  return new Response(text || null, { status: statusCode, headers: responseHeaders(headers) })
}

function unreachable(error: unknown): ProviderFailure {
  const code = error instanceof Error && 'code' in error ? slug(String(error.code)) : ''
  return new ProviderFailure('UNREACHABLE', code ? `cannot be reached (${code})` : 'cannot be reached')
}

function responseHeaders(headers: Record<string, string | string[] | undefined>): Headers {
  const result = new Headers()
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) result.set(name, Array.isArray(value) ? value.join(', ') : value)
  return result
}
