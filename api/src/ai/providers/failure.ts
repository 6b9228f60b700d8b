import { APICallError, JSONParseError, NoObjectGeneratedError, NoOutputGeneratedError, TypeValidationError } from 'ai'
import { z } from 'zod'

/** The kind of a provider's failure. */
export type FailureKind =
  | 'TIMEOUT'
  | 'UNREACHABLE'
  | 'RATE_LIMITED'
  | 'UNAUTHORIZED'
  | 'UNKNOWN_MODEL'
  | 'INPUT_REFUSED'
  | 'HTTP'
  | 'TRUNCATED'
  | 'INVALID_ANSWER'

/**
 * A failed attempt. The message is stored, shown and published, so it never contains a part of a prompt, an answer, a
 * URL or a key. Of a vendor's response it has only the status and the short error type.
 */
export class ProviderFailure extends Error {
  readonly kind: FailureKind
  /** The vendor's Retry-After in milliseconds; null if the response has none. */
  readonly retryAfterMs: number | null
  constructor(kind: FailureKind, message: string, retryAfterMs: number | null = null) {
    super(message)
    this.name = 'ProviderFailure'
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
  /** Whether it says something about the provider. A refused input does not: the next request may succeed. */
  get isProviders(): boolean {
    return this.kind !== 'INPUT_REFUSED'
  }
}

export const timedOut = (timeoutMs: number) =>
  new ProviderFailure('TIMEOUT', `no answer within ${Math.round(timeoutMs).toLocaleString('en-US')} ms`)

/** An answer that does not fit the intent's schema, or that contains forbidden claims. */
export const invalidAnswer = (problem: string) => new ProviderFailure('INVALID_ANSWER', `the answer ${problem}`)

/** `now` in milliseconds is compared with an HTTP date in Retry-After. */
export function failureOf(error: unknown, now: number): ProviderFailure {
  if (error instanceof ProviderFailure) return error
  if (APICallError.isInstance(error)) return apiFailure(error, now)
  if (NoObjectGeneratedError.isInstance(error) || NoOutputGeneratedError.isInstance(error)) return answerFailure(error)
  const name = error instanceof Error ? error.name : typeof error
  return new ProviderFailure('INVALID_ANSWER', `the answer cannot be read (${slug(name)})`)
}

function apiFailure({ statusCode, responseHeaders, data, cause }: APICallError, now: number): ProviderFailure {
  if (statusCode === undefined) {
    const code = slug(codeOf(cause))
    return new ProviderFailure('UNREACHABLE', code ? `cannot be reached (${code})` : 'cannot be reached')
  }
  if (statusCode < 300) return new ProviderFailure('TRUNCATED', 'the answer broke off, or is not what its API answers')
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

function answerFailure(error: Error): ProviderFailure {
  if (NoObjectGeneratedError.isInstance(error) && error.finishReason === 'length')
    return new ProviderFailure('TRUNCATED', 'the answer broke off at its length limit')
  const cause = causes(error)
  if (cause.some((one) => JSONParseError.isInstance(one))) return invalidAnswer('is not JSON')
  const zodError = cause.find((one) => one instanceof z.ZodError)
  if (zodError) return invalidAnswer(`does not fit: ${issuesOf(zodError)}`)
  if (cause.some((one) => TypeValidationError.isInstance(one))) return invalidAnswer('does not fit its schema')
  return invalidAnswer('is empty')
}

/** The invalid fields and what they accept. Zod's messages name types and limits, never the value. */
export const issuesOf = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`)
    .join('; ')

function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let at = error; at !== undefined && at !== null && chain.length < 5; at = at instanceof Error ? at.cause : null)
    chain.push(at)
  return chain
}

/** `code` of a network error, such as ECONNREFUSED, anywhere in the chain of causes. */
const codeOf = (error: unknown): string => {
  for (const cause of causes(error))
    if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return ''
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

/** A short name from a vendor's error, or nothing: a message contains no free text. */
const slug = (text: string): string => (/^[\w.-]{1,60}$/.test(text) ? text : '')

const MAX_RETRY_AFTER_MS = 86_400_000

/** Retry-After in seconds or as an HTTP date (RFC 9110, 10.2.3), or OpenAI's `retry-after-ms`; at most a day. */
function retryAfter(headers: Record<string, string> | undefined, now: number): number | null {
  const inMs = Number(headers?.['retry-after-ms'])
  const text = headers?.['retry-after']
  const seconds = Number(text)
  const ms = inMs > 0 ? inMs : seconds > 0 ? seconds * 1_000 : Date.parse(text ?? '') - now
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : null
}
