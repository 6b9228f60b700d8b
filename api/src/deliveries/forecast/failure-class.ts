import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'

/**
 * The meaning of a failure for a later attempt with the same request.
 *
 * - OUTAGE: the receiver or the way to it was broken (5xx, CONNECT, DNS, TIMEOUT).
 * - RATE_LIMIT: it asked for fewer requests (429, 408, 425).
 * - CREDENTIALS: it wants other credentials (401, 403, 407); a person has to change them.
 * - ADDRESS: nothing is at this URL (404, 405, 410, redirects).
 * - CERTIFICATE: its certificate is not accepted.
 * - CONTENT: it refused this very request (every other 4xx); a replay sends the same bytes.
 * - BLOCKED: webhooks may not reach this address.
 * - OTHER: the answer was too large, or the sender failed.
 * - MOVED: the webhook has another URL now, so the failure says little.
 */
export const FAILURE_CLASSES = [
  'OUTAGE',
  'RATE_LIMIT',
  'CREDENTIALS',
  'ADDRESS',
  'CERTIFICATE',
  'CONTENT',
  'BLOCKED',
  'OTHER',
  'MOVED',
] as const
export type FailureClass = (typeof FAILURE_CLASSES)[number]

const RATE_LIMIT_CODES = new Set([408, 425, 429])
const CREDENTIAL_CODES = new Set([401, 403, 407])
const ADDRESS_CODES = new Set([404, 405, 410, 421])

/** The class of a failed attempt. MOVED is decided by the caller, who knows the webhook's present URL. */
export function failureClass(kind: ErrorKind | null, statusCode: number | null): FailureClass {
  switch (kind) {
    case 'DNS':
    case 'CONNECT':
    case 'TIMEOUT':
    case 'HTTP_5XX':
      return 'OUTAGE'
    case 'HTTP_429':
      return 'RATE_LIMIT'
    case 'TLS':
      return 'CERTIFICATE'
    case 'REDIRECT':
      return 'ADDRESS'
    case 'BLOCKED_ADDRESS':
      return 'BLOCKED'
    case 'HTTP_4XX':
      return classOf4xx(statusCode)
    default:
      return 'OTHER'
  }
}

function classOf4xx(statusCode: number | null): FailureClass {
  if (statusCode === null) return 'CONTENT'
  if (RATE_LIMIT_CODES.has(statusCode)) return 'RATE_LIMIT'
  if (CREDENTIAL_CODES.has(statusCode)) return 'CREDENTIALS'
  return ADDRESS_CODES.has(statusCode) ? 'ADDRESS' : 'CONTENT'
}
