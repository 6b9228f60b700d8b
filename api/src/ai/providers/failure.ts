import type { z } from 'zod'

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
 * URL or a key. From a vendor's response it contains only the status and the short error type.
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
  /** Whether the failure is the provider's fault. A refused input is not: the provider may accept the next request. */
  get isProviders(): boolean {
    return this.kind !== 'INPUT_REFUSED'
  }
}

export const timedOut = (timeoutMs: number) =>
  new ProviderFailure('TIMEOUT', `no answer within ${Math.round(timeoutMs).toLocaleString('en-US')} ms`)

/** The failure for an answer that does not fit the intent's schema, or that contains unsupported claims. */
export const invalidAnswer = (problem: string) => new ProviderFailure('INVALID_ANSWER', `the answer ${problem}`)

/** The error of an attempt: a ProviderFailure, or an error that was thrown while the answer was read. */
export const failureOf = (error: unknown): ProviderFailure =>
  error instanceof ProviderFailure ? error : unreadable(error)

/** The failure for an unexpected error that was thrown while an answer was read. */
export function unreadable(error: unknown): ProviderFailure {
  const name = error instanceof Error ? error.name : typeof error
  return new ProviderFailure('INVALID_ANSWER', `the answer cannot be read (${slug(name)})`)
}

/** The invalid fields and what they accept. Zod's messages name types and limits, never the value. */
export const issuesOf = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`)
    .join('; ')

/** A short name from a vendor's error, or nothing: a message contains no free text. */
export const slug = (text: string): string => (/^[\w.-]{1,60}$/.test(text) ? text : '')
