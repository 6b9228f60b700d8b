import { APICallError } from '@ai-sdk/provider'
import { z } from 'zod'
import { type FailureKind, ProviderFailure, slug, unreadable } from './failure.ts'

/** The failure of a request to a vendor. `now` in milliseconds is compared with an HTTP date in Retry-After. */
export function vendorFailure(error: unknown, now: number): ProviderFailure {
  if (error instanceof ProviderFailure) return error
  if (APICallError.isInstance(error)) return apiFailure(error, now)
  return unreadable(error)
}

function apiFailure({ statusCode, responseHeaders, data }: APICallError, now: number): ProviderFailure {
  // Failures without a response are ProviderFailures of boundedFetch.
  if (statusCode === undefined || statusCode < 300)
    return new ProviderFailure('TRUNCATED', 'the answer was cut off or has an unexpected format')
  const type = slug(errorTypeOf(data))
  const message = type ? `answered ${statusCode} (${type})` : `answered ${statusCode}`
  return new ProviderFailure(kindOf(statusCode, type), message, retryAfter(responseHeaders, now))
}

function kindOf(status: number, type: string): FailureKind {
  if (status === 429) return 'RATE_LIMITED'
  if (status === 401 || status === 403) return 'UNAUTHORIZED'
  if (status === 404 || type === 'model_not_found') return 'UNKNOWN_MODEL'
  if (status === 400 || status === 413 || status === 422) return 'INPUT_REFUSED'
  return 'HTTP'
}

const vendorError = z.object({
  error: z.object({ type: z.string().nullish(), code: z.union([z.string(), z.number()]).nullish() }),
})

/** The short name of an error: `error.code` of OpenAI and Ollama if it is a name, `error.type` of Anthropic. */
function errorTypeOf(data: unknown): string {
  const parsed = vendorError.safeParse(data)
  if (!parsed.success) return ''
  const { code, type } = parsed.data.error
  return typeof code === 'string' ? code : (type ?? '')
}

const MAX_RETRY_AFTER_MS = 86_400_000

/** Retry-After in seconds or as an HTTP date (RFC 9110, 10.2.3), or OpenAI's `retry-after-ms`; at most a day. */
function retryAfter(headers: Record<string, string> | undefined, now: number): number | null {
  const inMs = Number(headers?.['retry-after-ms'])
  const text = headers?.['retry-after']
  const seconds = Number(text)
  const ms = inMs > 0 ? inMs : seconds > 0 ? seconds * 1_000 : Date.parse(text ?? '') - now
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : null
}
