import { Agent, request } from 'undici'
import type { ErrorKind, HealthStatus } from '../../../../prisma/generated/client/enums.ts'
import { failureOfError, failureOfStatus, shownLocation } from '../../webhooks/failures.ts'
import {
  AddressError,
  type AddressPolicy,
  checkUrl,
  guardedLookup,
  type Resolver,
} from '../../webhooks/send/address-guard.ts'
import { statusOfBody } from './body.ts'

/** The result of one probe. */
export interface ProbeResult {
  status: Exclude<HealthStatus, 'UNKNOWN'>
  /** Milliseconds from the request to the end of the response; null if there was no response. */
  latencyMs: number | null
  /** The fault as text; null if there is none. */
  error: string | null
  /**
   * Whether the service was contacted. False if no connection was attempted, because the URL is not allowed or its name
   * has no address. The result then says nothing about the service.
   */
  isContacted: boolean
}

export interface Prober {
  /** Requests a health URL with GET. Never rejects: an error is a result. */
  probe(url: string): Promise<ProbeResult>
  close(): Promise<void>
}

/** Maximum number of bytes that are read from a response. The rest is irrelevant for the health. */
const MAX_BODY_BYTES = 16 * 1024

/**
 * Each probe opens its own connection, because a service that accepts no new connections is down, even if old ones
 * still work. Redirects are not followed. `timeoutMs` limits the whole probe.
 */
export function createProber(options: { policy: AddressPolicy; timeoutMs: number; resolver?: Resolver }): Prober {
  const { policy, timeoutMs } = options
  const guarded = guardedLookup(policy, options.resolver)
  /** The host names whose addresses are being looked up, each as often as it is looked up. */
  const unresolved: string[] = []
  const lookup: typeof guarded = (hostname, lookupOptions, callback) => {
    unresolved.push(hostname)
    guarded(hostname, lookupOptions, (...answer) => {
      unresolved.splice(unresolved.indexOf(hostname), 1)
      callback(...answer)
    })
  }
  const agent = new Agent({
    pipelining: 0,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: -1,
    connect: { lookup, timeout: timeoutMs, autoSelectFamily: true },
  })

  const ask = async (target: URL): Promise<ProbeResult> => {
    const place = target.host
    const began = performance.now()
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const headers = { accept: 'application/json, */*;q=0.5', 'user-agent': 'aetherlink-probe' }
      const response = await request(target, { dispatcher: agent, headers, signal })
      const body = await readBody(response.body)
      const latencyMs = performance.now() - began
      const location = response.headers.location
      const failure = failureOfStatus(
        response.statusCode,
        place,
        typeof location === 'string' ? shownLocation(location, target.origin) : null,
      )
      if (failure) return { status: 'DOWN', latencyMs, error: failure.text, isContacted: true }
      const { status, error } = statusOfBody(body, place)
      return { status, latencyMs, error, isContacted: true }
    } catch (error) {
      if (signal.aborted)
        return unresolved.includes(target.hostname)
          ? notContacted(`the address of ${target.hostname} was not found within ${timeoutMs / 1_000} s`)
          : down(`${place} did not answer within ${timeoutMs / 1_000} s`)
      const failure = failureOfError(error instanceof Error ? error : new Error(String(error)), place, 'connecting')
      return NOT_CONTACTED.has(failure.kind) ? notContacted(failure.text) : down(failure.text)
    }
  }

  return {
    async probe(url) {
      try {
        return await ask(checkUrl(url, policy))
      } catch (error) {
        if (error instanceof AddressError) return notContacted(error.message)
        throw error
      }
    },
    close: () => agent.destroy(),
  }
}

/** The kinds of failures before a connection is attempted. */
const NOT_CONTACTED: ReadonlySet<ErrorKind> = new Set(['BLOCKED_ADDRESS', 'DNS'])

const down = (error: string): ProbeResult => ({ status: 'DOWN', latencyMs: null, error, isContacted: true })
const notContacted = (error: string): ProbeResult => ({ ...down(error), isContacted: false })

async function readBody(body: AsyncIterable<Buffer> & { destroy(): void }): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= MAX_BODY_BYTES) break // leaving the loop destroys the stream
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_BODY_BYTES)
}
