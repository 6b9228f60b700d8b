import { Agent } from 'undici'
import { AddressError, type AddressPolicy, checkUrl, type Resolver } from './address-guard.ts'
import { createConnector } from './connect.ts'
import { type Agents, type DialTarget, Exchange, type SendRequest, type SendResult } from './exchange.ts'

export type { SendRequest, SendResult } from './exchange.ts'

export interface Sender {
  /** Sends one POST request. Never throws and never rejects. */
  send(request: SendRequest): Promise<SendResult>
  /**
   * Accepts no more requests, waits for those in flight (up to their timeouts and `limitMs`), and closes the
   * connections.
   */
  close(limitMs?: number): Promise<void>
}

const MAX_HEADER_BYTES = 16 * 1024
const MAX_TARGETS = 5_000

/**
 * Creates a sender with its own connections. Connections are kept alive and shared by all webhooks of an origin. Their
 * number is not limited: a request uses an idle connection or opens a new one, so webhooks on the same host never wait
 * for each other. The caller limits the number of requests in flight. Host names are checked whenever a connection is
 * opened (address-guard.ts), literal addresses before each request.
 */
export function createSender({ policy, resolver }: { policy: AddressPolicy; resolver?: Resolver }): Sender {
  const connect = createConnector(policy, resolver)
  const options: Agent.Options = {
    headersTimeout: 0, // no limit here, because each request has its own timer
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 60_000,
    connect,
  }
  const agents: Agents = {
    pooled: new Agent({ ...options, pipelining: 1 }),
    // Without pipelining, undici keeps no connection alive.
    fresh: new Agent({ ...options, pipelining: 0 }),
  }
  const targets = new Map<string, DialTarget>()
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
        else exchange.start(agents)
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
      await Promise.all([agents.pooled.destroy(), agents.fresh.destroy()])
    },
  }
}

function targetOf(url: string, policy: AddressPolicy, targets: Map<string, DialTarget>): DialTarget {
  const cached = targets.get(url)
  if (cached) return cached
  const target = judge(url, policy)
  if (targets.size >= MAX_TARGETS) targets.clear()
  targets.set(url, target)
  return target
}

function judge(url: string, policy: AddressPolicy): DialTarget {
  try {
    const { origin, pathname, search, hostname, port, protocol } = checkUrl(url, policy)
    const place = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
    return { origin, path: pathname + search, place, refusal: null }
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    return { origin: '', path: '', place: '', refusal: error }
  }
}
