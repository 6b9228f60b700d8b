import { type Failure, failureOfError, failureOfStatus, timeoutFailure } from '../../api/src/webhooks/failures.ts'
import type { SendResult } from '../../api/src/webhooks/send/send.ts'

/** How a simulated receiver reacts to one request, and how long it takes in milliseconds. */
export type Answer =
  | { kind: 'status'; status: number; body: string; headers?: Readonly<Record<string, string>>; ms: number }
  | { kind: 'error'; error: Error; phase: 'connecting' | 'waiting'; ms: number }
  | { kind: 'timeout' }

export const answered = (
  status: number,
  body: string,
  ms: number,
  headers?: Readonly<Record<string, string>>,
): Answer => ({
  kind: 'status',
  status,
  body,
  ms,
  ...(headers && { headers }),
})

const fault = (code: string, phase: 'connecting' | 'waiting', more: object = {}) => {
  const error = Object.assign(new Error(code), { code }, more)
  return (ms: number): Answer => ({ kind: 'error', error, phase, ms })
}

/** Errors as Node.js and undici report them. failures.ts converts them to messages. */
export const refused = fault('ECONNREFUSED', 'connecting')
export const unresolved = fault('ENOTFOUND', 'connecting', { syscall: 'getaddrinfo' })
export const expired = fault('CERT_HAS_EXPIRED', 'connecting')
export const cut = fault('ECONNRESET', 'waiting')
export const timedOut: Answer = { kind: 'timeout' }

/** The result that the product would have recorded for this answer. */
export function resultOf(answer: Answer, url: string, startedAt: number, timeoutMs: number): SendResult {
  const { hostname, port, protocol } = new URL(url)
  const place = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
  const failure = failureOf(answer, place, timeoutMs)
  const result: SendResult = {
    startedAt,
    durationMs: answer.kind === 'timeout' ? timeoutMs + 0.4 : Math.round(answer.ms * 1_000) / 1_000,
    ok: failure === null,
    statusCode: null,
    errorKind: failure?.kind ?? null,
    error: failure?.text ?? null,
    responseHeaders: null,
    responseBody: null,
    responseBodyTruncated: false,
    retryAfterMs: null,
  }
  if (answer.kind !== 'status') return result
  const retryAfter = answer.headers?.['retry-after']
  return {
    ...result,
    statusCode: answer.status,
    responseHeaders: {
      'content-type': 'text/plain; charset=utf-8',
      ...answer.headers,
      date: new Date(startedAt + result.durationMs).toUTCString(),
      'content-length': String(Buffer.byteLength(answer.body)),
      connection: 'keep-alive',
    },
    responseBody: answer.body,
    retryAfterMs: retryAfter === undefined ? null : Number(retryAfter) * 1_000,
  }
}

function failureOf(answer: Answer, place: string, timeoutMs: number): Failure | null {
  if (answer.kind === 'timeout') return timeoutFailure(place, 'waiting', timeoutMs)
  if (answer.kind === 'error') return failureOfError(answer.error, place, answer.phase)
  return failureOfStatus(answer.status, place, answer.headers?.location ?? null)
}
