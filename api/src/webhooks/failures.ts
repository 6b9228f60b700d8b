import { STATUS_CODES } from 'node:http'
import type { ErrorKind } from '../../../prisma/generated/client/enums.ts'
import { AddressError } from './send/address-guard.ts'

/**
 * Why an attempt failed: the error kind, which filters use, and a sentence for people. Neither contains any part of the
 * request.
 */
export interface Failure {
  kind: ErrorKind
  text: string
}

/** The phase of an attempt: nothing sent yet, request sent, or response started. */
export type Phase = 'connecting' | 'waiting' | 'answering'

/** The failure that an HTTP status means; null for 2xx. `place` is host:port. */
export function failureOfStatus(status: number, place: string, location: string | null): Failure | null {
  if (status >= 200 && status < 300) return null
  const text = `${place} answered ${status}${STATUS_CODES[status] ? ` ${STATUS_CODES[status]}` : ''}`
  if (status === 429) return { kind: 'HTTP_429', text }
  if (status >= 300 && status < 400) {
    const to = location === null ? '' : ` to ${location}`
    return { kind: 'REDIRECT', text: `${text}${to}; redirects are not followed` }
  }
  if (status >= 400 && status < 500) return { kind: 'HTTP_4XX', text }
  if (status >= 500 && status < 600) return { kind: 'HTTP_5XX', text }
  return { kind: 'CONNECT', text: `${text}, which is not an HTTP status` }
}

const MAX_LOCATION = 300

/** The target of a redirect without credentials, query and fragment. Null if it is not a valid URL. */
export function shownLocation(location: string | undefined, base: string): string | null {
  if (location === undefined || !URL.canParse(location, base)) return null
  const url = new URL(location, base)
  // Other schemes ("data:...") have no host and path that could be shown.
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return url.protocol
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`.slice(0, MAX_LOCATION)
}

const CONNECT_TEXTS: Readonly<Record<string, (place: string) => string>> = {
  ECONNREFUSED: (place) => `connection refused by ${place}`,
  EHOSTUNREACH: (place) => `no route to ${place}`,
  ENETUNREACH: (place) => `no route to ${place}`,
  EHOSTDOWN: (place) => `no route to ${place}`,
  EADDRNOTAVAIL: (place) => `no local address or port free to reach ${place}`,
  ECONNABORTED: (place) => `connection to ${place} was aborted`,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: (place) => `${place} sent a response of another length than its Content-Length`,
}

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])
const CLOSED_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Error codes of OpenSSL and Node.js for certificates and TLS handshakes. */
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH|ERROR_IN_CERT|OUT_OF_MEM)/

const CERTIFICATE_TEXTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in a self-signed certificate that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its issuer is not known; the server may be leaving out an intermediate certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'its issuer is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its issuer is not known',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
}

/** The failure that an error of the connection means, in any phase. */
export function failureOfError(error: Error, place: string, phase: Phase): Failure {
  if (error instanceof AddressError) return { kind: 'BLOCKED_ADDRESS', text: error.message }
  const code = codeOf(error)
  const textOf = CONNECT_TEXTS[code]
  if (textOf) return { kind: 'CONNECT', text: textOf(place) }
  if (TIMEOUT_CODES.has(code)) return { kind: 'TIMEOUT', text: timeoutText(place, phase, null) }
  if (CLOSED_CODES.has(code)) return { kind: 'CONNECT', text: closedText(place, phase, code) }
  if ('syscall' in error && error.syscall === 'getaddrinfo') {
    return { kind: 'DNS', text: dnsText(place, code) }
  }
  const flaw = CERTIFICATE_TEXTS[code]
  if (flaw) return { kind: 'TLS', text: `the certificate of ${place} is not accepted: ${flaw} (${code})` }
  if (TLS_CODE.test(code)) return { kind: 'TLS', text: `no secure connection to ${place} (${code})` }
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return { kind: 'BODY_TOO_LARGE', text: `the headers of ${place}'s answer are over 16 KiB` }
  // undici gives this error no code.
  if (error.name === 'HTTPParserError')
    return { kind: 'CONNECT', text: `${place} answered something that is not HTTP/1.1` }
  // undici mentions the name of the invalid header, never its value.
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return { kind: 'INTERNAL', text: `the request to ${place} cannot be sent: ${error.message}` }
  }
  return { kind: 'INTERNAL', text: `the request to ${place} failed inside the sender (${code || error.name})` }
}

/** The failure of a request that has reached its time limit. */
export function timeoutFailure(place: string, phase: Phase, timeoutMs: number): Failure {
  return { kind: 'TIMEOUT', text: timeoutText(place, phase, timeoutMs) }
}

function timeoutText(place: string, phase: Phase, timeoutMs: number | null): string {
  const within = timeoutMs === null ? 'in time' : `within ${timeoutMs} ms`
  if (phase === 'connecting') return `no connection to ${place} ${within}`
  return phase === 'waiting' ? `no answer from ${place} ${within}` : `${place} did not end its answer ${within}`
}

function closedText(place: string, phase: Phase, code: string): string {
  const how = code === 'ECONNRESET' ? 'reset' : 'closed'
  if (phase === 'connecting') return `${place} ${how} the connection while it was being opened`
  return `${place} ${how} the connection ${phase === 'waiting' ? 'without an answer' : 'in the middle of its answer'}`
}

function dnsText(place: string, code: string): string {
  const name = place.slice(0, place.lastIndexOf(':'))
  if (code === 'ENOTFOUND') return `the name ${name} does not resolve`
  return `the name ${name} could not be resolved (${code})`
}

/** The error code. If several addresses failed, the error is an AggregateError, and the first error counts. */
function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code
  const [first] = error instanceof AggregateError ? error.errors : []
  return first instanceof Error ? codeOf(first) : ''
}
