import { setMaxListeners } from 'node:events'
import { Agent, type Dispatcher } from 'undici'
import type { ErrorKind } from '../../../prisma/generated/client/enums.ts'
import { AddressError, type AddressPolicy, checkUrl, guardedLookup, type Resolver } from './address-guard.ts'
import { type Failure, failureOfError, failureOfStatus, type Phase, shownLocation, timeoutFailure } from './failures.ts'

export interface SendRequest {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  /** For the whole of it: connecting, sending, headers and body of the answer. */
  timeoutMs: number
  /** Cuts the request off; the result is then INTERNAL. */
  signal?: AbortSignal
}

/** What one POST came to. `ok` is a complete 2xx answer; else `errorKind` and `error` say what went wrong. */
export interface SendResult {
  /** Milliseconds since the epoch. */
  startedAt: number
  durationMs: number
  ok: boolean
  /** Null when no answer began. */
  statusCode: number | null
  errorKind: ErrorKind | null
  error: string | null
  responseHeaders: Record<string, string | string[]> | null
  /** The first 16 KiB, as text that PostgreSQL takes; "" for an empty one. */
  responseBody: string | null
  responseBodyTruncated: boolean
  /** What a 429 or 503 asked for in Retry-After, at most a day. */
  retryAfterMs: number | null
}

export interface Sender {
  /** POSTs once. Never throws and never rejects. */
  send(request: SendRequest): Promise<SendResult>
  /** Takes no more requests, waits for those in flight (their timeouts bound them, and `limitMs`) and closes the connections. */
  close(limitMs?: number): Promise<void>
}

/** Kept of an answer's body. */
export const KEPT_BODY_BYTES = 16 * 1024
/** Read of an answer's body, so that its connection can be used again; more makes the attempt fail. */
export const MAX_BODY_BYTES = 1024 * 1024
const MAX_HEADER_BYTES = 16 * 1024
const MAX_RETRY_AFTER_MS = 86_400_000
/** A host that takes no connections must not hold sockets for as long as the longest timeout of a webhook. */
const CONNECT_TIMEOUT_MS = 10_000
/** Node's 250 ms would give up on receivers on the other side of the world that have several addresses. */
const ADDRESS_ATTEMPT_MS = 3_000
const MAX_TARGETS = 5_000

/** A URL as it is dialled, judged once. */
interface Target {
  origin: string
  path: string
  /** host:port, for messages. */
  place: string
  refusal: AddressError | null
}

/**
 * A sender with its own connections. Connections are kept alive and shared by origin, without a bound of their own: each
 * request takes an idle one or opens another, so webhooks on one host never queue behind each other; how many requests
 * are in flight is the caller's to bound. Names are judged at every connect (address.ts), literals before.
 */
export function createSender({ policy, resolver }: { policy: AddressPolicy; resolver?: Resolver }): Sender {
  const agent = new Agent({
    pipelining: 1,
    headersTimeout: 0, // each request has its own timer for the whole of it
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 60_000,
    connect: {
      lookup: guardedLookup(policy, resolver),
      timeout: CONNECT_TIMEOUT_MS,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
      rejectUnauthorized: true,
    },
  })
  const targets = new Map<string, Target>()
  let inFlight = 0
  let closed = false
  let whenIdle: (() => void) | null = null

  const finished = () => {
    inFlight -= 1
    if (inFlight === 0) whenIdle?.()
  }

  return {
    send(request) {
      return new Promise((resolve) => {
        const exchange = new Exchange(request, targetOf(request.url, policy, targets), resolve, finished)
        inFlight += 1
        if (closed) exchange.fail({ kind: 'INTERNAL', text: 'the sender is closed' })
        else exchange.start(agent)
      })
    },
    async close(limitMs) {
      closed = true
      if (inFlight > 0) {
        await new Promise<void>((resolve) => {
          const limit = limitMs === undefined ? undefined : setTimeout(resolve, limitMs)
          whenIdle = () => {
            clearTimeout(limit)
            resolve()
          }
        })
      }
      await agent.destroy()
    },
  }
}

function targetOf(url: string, policy: AddressPolicy, targets: Map<string, Target>): Target {
  const known = targets.get(url)
  if (known) return known
  const target = judge(url, policy)
  if (targets.size >= MAX_TARGETS) targets.clear()
  targets.set(url, target)
  return target
}

function judge(url: string, policy: AddressPolicy): Target {
  try {
    const { origin, pathname, search, hostname, port, protocol } = checkUrl(url, policy)
    const place = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
    return { origin, path: pathname + search, place, refusal: null }
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    return { origin: '', path: '', place: '', refusal: error }
  }
}

/** The reason handed to undici when a request is cut off: made once, since a stack trace per timeout costs and tells nothing. */
const CUT_OFF = new Error('cut off')

/** One request and its answer. It settles once; what undici reports afterwards is ignored. */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly request: SendRequest
  private readonly target: Target
  private readonly resolve: (result: SendResult) => void
  private readonly finished: () => void
  private readonly startedAt = Date.now()
  private readonly started = performance.now()
  private timer: NodeJS.Timeout | null = null
  private controller: Dispatcher.DispatchController | null = null
  private settled = false
  private statusCode: number | null = null
  private headers: Record<string, string | string[]> | null = null
  private readonly kept: Buffer[] = []
  private bytes = 0

  constructor(request: SendRequest, target: Target, resolve: (result: SendResult) => void, finished: () => void) {
    this.request = request
    this.target = target
    this.resolve = resolve
    this.finished = finished
  }

  start(agent: Agent): void {
    const { request, target } = this
    const { refusal, origin, path } = target
    const { headers, body, signal, timeoutMs } = request
    if (refusal) this.fail({ kind: 'BLOCKED_ADDRESS', text: refusal.message })
    else if (signal?.aborted) this.handleEvent()
    if (this.settled) return
    if (signal) {
      setMaxListeners(0, signal) // one signal for all requests is how it is meant, not a leak
      signal.addEventListener('abort', this)
    }
    this.timer = setTimeout(onTimeout, timeoutMs, this)
    agent.dispatch({ origin, path, method: 'POST', headers, body }, this)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It may have timed out while the connection was being opened: then nothing of it is sent any more.
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
    this.settle(this.failureByStatus())
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(failureOfError(error, this.target.place, this.phase))
  }

  /** The time is over. */
  timeOut(): void {
    this.fail(timeoutFailure(this.target.place, this.phase, this.request.timeoutMs))
  }

  /** Settles with a failure and cuts off what is still under way. A status that is a failure by itself says more than the cut. */
  fail(failure: Failure): void {
    if (this.settled) return
    const byStatus = this.failureByStatus()
    this.settle(byStatus ? { kind: byStatus.kind, text: `${byStatus.text}; then: ${failure.text}` } : failure)
    this.controller?.abort(CUT_OFF)
  }

  /** The caller's signal: as a listener the exchange needs no closure of its own. */
  handleEvent(): void {
    this.fail({ kind: 'INTERNAL', text: `the request to ${this.target.place} was cut off: the sender is stopping` })
  }

  /** What the status alone makes of it; null while there is none, and for 2xx. */
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

  private header(name: string): string | undefined {
    const value = this.headers?.[name]
    return Array.isArray(value) ? value[0] : value
  }

  private settle(failure: Failure | null): void {
    if (this.settled) return
    this.settled = true
    if (this.timer) clearTimeout(this.timer)
    this.request.signal?.removeEventListener('abort', this)
    this.finished()
    const { statusCode, startedAt, started, headers, kept, bytes } = this
    this.resolve({
      startedAt,
      durationMs: performance.now() - started,
      ok: failure === null,
      statusCode,
      errorKind: failure === null ? null : failure.kind,
      error: failure === null ? null : failure.text,
      responseHeaders: headers,
      responseBody: statusCode === null ? null : bodyText(kept, bytes),
      responseBodyTruncated: bytes > KEPT_BODY_BYTES,
      retryAfterMs: statusCode === 429 || statusCode === 503 ? retryAfter(this.header('retry-after'), startedAt) : null,
    })
  }
}

type Answer = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]

const onTimeout = (exchange: Exchange) => exchange.timeOut()

function bodyText(kept: readonly Buffer[], bytes: number): string {
  if (bytes === 0) return ''
  const all = kept.length === 1 && kept[0] ? kept[0] : Buffer.concat(kept)
  // Streaming leaves a character out that the cut went through, instead of mangling it.
  const text =
    bytes > KEPT_BODY_BYTES
      ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(all.subarray(0, KEPT_BODY_BYTES), { stream: true })
      : all.toString('utf8')
  // PostgreSQL's text has no NUL.
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text
}

/** Retry-After of RFC 9110, section 10.2.3: seconds, or a date (against our clock). Milliseconds, 0 to a day; null for neither. */
function retryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : /GMT$/.test(value) ? Date.parse(value) - now : Number.NaN
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS)
}
