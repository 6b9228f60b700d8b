import { setMaxListeners } from 'node:events'
import type { Agent, Dispatcher } from 'undici'
import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import { stalledMs } from '../../kit/process/stalls.ts'
import {
  type Failure,
  failureOfError,
  failureOfStatus,
  type Phase,
  shownLocation,
  timeoutFailure,
} from '../failures.ts'
import type { AddressError } from './address-guard.ts'
import { brokenConnectionOf } from './connect.ts'
import { KEPT_BODY_BYTES, readKeptBody } from './response-body.ts'
import { retryAfter } from './retry-after.ts'

export interface SendRequest {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  /** Limit for the whole request: connecting, sending, and receiving the headers and the body of the response. */
  timeoutMs: number
  /** Aborts the request. The result is then INTERNAL. */
  signal?: AbortSignal
}

/**
 * The result of a POST request. `ok` means that the status was 2xx; otherwise `errorKind` and `error` describe the
 * failure.
 */
export interface SendResult {
  /** Milliseconds since the epoch. */
  startedAt: number
  durationMs: number
  ok: boolean
  /** Null if no response has started. */
  statusCode: number | null
  errorKind: ErrorKind | null
  error: string | null
  responseHeaders: Record<string, string | string[]> | null
  /** The first 16 KiB of the body as text, decompressed. "" for an empty body. */
  responseBody: string | null
  /** Whether the body is longer than `responseBody`, or was not received completely. */
  responseBodyTruncated: boolean
  /** The delay in the Retry-After header of a 429 or 503 response, at most a day. */
  retryAfterMs: number | null
}

/** A URL that has been checked, split into the parts that a request needs. */
export interface DialTarget {
  origin: string
  path: string
  /** host:port, for error messages. */
  place: string
  refusal: AddressError | null
}

/** `fresh` opens a new connection for each request; `pooled` reuses connections. */
export interface Agents {
  pooled: Agent
  fresh: Agent
}

/**
 * At most this much of a response body is read, so that the connection can be reused. If the body is longer, the
 * connection is closed.
 */
export const MAX_BODY_BYTES = 1024 * 1024

/**
 * The error that undici gets for an aborted request. It is created only once, because a stack trace for each timeout
 * costs time and contains no information.
 */
const CUT_OFF = new Error('cut off')

type Answer = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]

/**
 * One request and its response. Once it has a result, everything that undici reports later is ignored. The status line
 * decides the result (RFC 9112, section 6.3; Standard Webhooks, "Responding"): after a 2xx status, an error in the body
 * does not make the attempt fail. The body is only used for diagnosis.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private readonly request: SendRequest
  private readonly target: DialTarget
  private readonly resolve: (result: SendResult | Promise<SendResult>) => void
  private readonly finished: () => void
  private readonly startedAt = Date.now()
  private readonly started = performance.now()
  private agents: Agents | null = null
  private timer: NodeJS.Timeout | null = null
  private controller: Dispatcher.DispatchController | null = null
  private settled = false
  private retried = false
  private statusCode: number | null = null
  private headers: Record<string, string | string[]> | null = null
  private readonly kept: Buffer[] = []
  private bytes = 0
  /** How long this process had been stalled in total when the request started or was last given more time. */
  private stalledBefore = stalledMs()

  constructor(
    request: SendRequest,
    target: DialTarget,
    resolve: (result: SendResult | Promise<SendResult>) => void,
    finished: () => void,
  ) {
    this.request = request
    this.target = target
    this.resolve = resolve
    this.finished = finished
  }

  start(agents: Agents): void {
    const { request, target } = this
    const { signal, timeoutMs } = request
    if (target.refusal) this.fail({ kind: 'BLOCKED_ADDRESS', text: target.refusal.message })
    else if (signal?.aborted) this.handleEvent()
    if (this.settled) return
    if (signal) {
      setMaxListeners(0, signal) // many requests share the signal, so this is no leak
      signal.addEventListener('abort', this)
    }
    this.agents = agents
    this.timer = setTimeout(onTimeout, timeoutMs, this)
    this.dispatch(agents.pooled)
  }

  private dispatch(agent: Agent): void {
    const { origin, path } = this.target
    const { headers, body } = this.request
    agent.dispatch({ origin, path, method: 'POST', headers, body }, this)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // If the timeout was reached while connecting, no part of the request may be sent any more.
    if (this.settled) controller.abort(CUT_OFF)
    else this.controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Answer): void {
    if (status < 200) return
    this.statusCode = status
    this.headers = headers as Record<string, string | string[]>
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.bytes < KEPT_BODY_BYTES) this.kept.push(chunk)
    this.bytes += chunk.length
    if (this.bytes <= MAX_BODY_BYTES) return
    const text = `the body of ${this.target.place}'s answer is over ${MAX_BODY_BYTES / 1024} KiB`
    this.fail({ kind: 'BODY_TOO_LARGE', text })
  }

  onResponseEnd(): void {
    this.settle(this.failureByStatus(), true)
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.mayRetry(error)) {
      this.retried = true
      this.controller = null
      this.dispatch(this.agents!.fresh)
      return
    }
    this.fail(failureOfError(error, this.target.place, this.phase))
  }

  /**
   * Whether the request may be sent again on a new connection, within the same attempt. That is the case if the
   * receiver has closed an idle connection at the moment when the request was sent, which does not indicate a fault of
   * the receiver (RFC 9110, section 9.2.2 and RFC 9112, section 9.3.1). Receivers detect duplicates by `webhook-id`.
   */
  private mayRetry(error: Error): boolean {
    if (this.settled || this.retried || this.statusCode !== null) return false
    const connection = brokenConnectionOf(error)
    return connection?.wasReused === true && !connection.wasAnswered
  }

  /** Called when the request has reached its time limit. */
  timeOut(): void {
    // After this process was stalled, timers run before responses are read. So responses that have already arrived are
    // read first.
    setImmediate(() => this.judgeTimeout())
  }

  /** Fails the request, unless this process was stalled. In that case the request gets the lost time in addition. */
  private judgeTimeout(): void {
    if (this.settled) return
    const lost = stalledMs() - this.stalledBefore
    if (lost > 0) {
      this.stalledBefore += lost
      this.timer = setTimeout(onTimeout, lost, this)
      return
    }
    this.fail(timeoutFailure(this.target.place, this.phase, this.request.timeoutMs))
  }

  /**
   * Ends the request with a failure and aborts it. If there is a status already, it decides the result, and `failure`
   * is only added to the message.
   */
  fail(failure: Failure): void {
    if (this.settled) return
    if (this.statusCode === null) this.settle(failure, false)
    else {
      const byStatus = this.failureByStatus()
      this.settle(byStatus && { kind: byStatus.kind, text: `${byStatus.text}; then: ${failure.text}` }, false)
    }
    this.controller?.abort(CUT_OFF)
  }

  /**
   * Called when the caller's abort signal fires. Because of this method the exchange itself can be the listener,
   * without a closure.
   */
  handleEvent(): void {
    this.fail({ kind: 'INTERNAL', text: `the request to ${this.target.place} was cut off: the sender is stopping` })
  }

  /** The failure that the status means. Null if there is no status yet, and for 2xx. */
  private failureByStatus(): Failure | null {
    const { statusCode, target } = this
    if (statusCode === null) return null
    const redirects = statusCode >= 300 && statusCode < 400
    return failureOfStatus(
      statusCode,
      target.place,
      redirects ? shownLocation(this.header('location'), target.origin) : null,
    )
  }

  private get phase(): Phase {
    if (this.statusCode !== null) return 'answering'
    return this.controller === null ? 'connecting' : 'waiting'
  }

  private readonly header = (name: string): string | undefined => {
    const value = this.headers?.[name]
    return Array.isArray(value) ? value[0] : value
  }

  private settle(failure: Failure | null, isWholeBody: boolean): void {
    if (this.settled) return
    this.settled = true
    if (this.timer) clearTimeout(this.timer)
    this.request.signal?.removeEventListener('abort', this)
    this.finished()
    const { statusCode, startedAt, started, headers, bytes } = this
    const result: SendResult = {
      startedAt,
      durationMs: performance.now() - started,
      ok: failure === null,
      statusCode,
      errorKind: failure === null ? null : failure.kind,
      error: failure === null ? null : failure.text,
      responseHeaders: headers,
      responseBody: null,
      responseBodyTruncated: false,
      retryAfterMs: statusCode === 429 || statusCode === 503 ? retryAfter(this.header('retry-after'), startedAt) : null,
    }
    if (statusCode === null) {
      this.resolve(result)
      return
    }
    const body = readKeptBody(this.keptBytes(), !isWholeBody || bytes > KEPT_BODY_BYTES, this.header)
    const withBody = ({ text, truncated }: { text: string; truncated: boolean }) =>
      Object.assign(result, { responseBody: text, responseBodyTruncated: truncated })
    this.resolve(body instanceof Promise ? body.then(withBody) : withBody(body))
  }

  private keptBytes(): Buffer {
    const { kept } = this
    const all = kept.length === 1 && kept[0] ? kept[0] : Buffer.concat(kept)
    return all.subarray(0, KEPT_BODY_BYTES)
  }
}

const onTimeout = (exchange: Exchange) => exchange.timeOut()
