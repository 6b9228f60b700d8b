import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'

/**
 * What a failure means for a later attempt with the same request.
 *
 * - OUTAGE: the receiver or the network was down (5xx, CONNECT, DNS, TIMEOUT).
 * - RATE_LIMIT: the receiver asked for fewer requests (429, 408, 425).
 * - CREDENTIALS: the receiver requires other credentials (401, 403, 407), which somebody has to change.
 * - ADDRESS: the URL does not exist (404, 405, 410, redirects).
 * - CERTIFICATE: the certificate of the receiver is invalid.
 * - CONTENT: the receiver refused this request (all other 4xx). A replay sends the same content.
 * - BLOCKED: webhooks may not send to this address.
 * - OTHER: the response was too large, or the sender failed.
 * - MOVED: the URL of the webhook has changed since the failure, so the failure says little.
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

/**
 * The class of a failed attempt, except MOVED: the caller decides that, because it knows the current URL of the
 * webhook.
 */
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
