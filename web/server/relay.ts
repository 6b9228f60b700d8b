import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { bearerOf, readSession } from '@/features/access/session.ts'
import { readChoice } from '@/features/access/tenant/tenant-choice.ts'
import { isOutdated, PAGE_TENANT_PARAM } from '@/lib/page-tenant.ts'
import { cookieName } from '@/lib/server/cookies.ts'
import { appendPeer, FORWARDED_FOR } from '@/lib/server/forwarded-for.ts'
import { foreignSocket } from '@/lib/server/same-origin.ts'
import { isHttps } from '@/lib/server/site.ts'
import { type OnUpgrade, refuseUpgrade } from './upgrades.ts'

/** How long the API may take to accept a socket. */
const ACCEPT_MS = 10_000
/** Time to flush remaining data to one side after the other has closed. */
const DRAIN_MS = 2_000
const KEEP_ALIVE_MS = 30_000

/** Headers that are forwarded: those of the WebSocket handshake (RFC 6455, 4.2) and credentials. */
const FORWARDED = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
  'user-agent',
]

export interface Relay {
  /** Relays an upgrade request to the API, or refuses it with a status. */
  upgrade: OnUpgrade
  /** Closes all sockets and accepts no more. */
  close(): void
}

/**
 * Relays WebSockets of this site's pages to the API, as app/graphql/route.ts does for requests: it replaces the session
 * cookie with the bearer token and adds the chosen tenant. After the handshake it copies bytes without parsing frames.
 * Neither side is read faster than the other accepts data.
 */
export function createRelay(api: URL): Relay {
  const open = new Set<Duplex>()
  let closing = false

  const connect = (req: IncomingMessage, socket: Duplex, head: Buffer, credentials: Record<string, string>) => {
    const asked = (api.protocol === 'https:' ? overHttps : overHttp)(api, {
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        [FORWARDED_FOR]: appendPeer(req.headers[FORWARDED_FOR], req.socket.remoteAddress),
        ...credentials,
        ...Object.fromEntries(FORWARDED.map((name) => [name, req.headers[name]]).filter(([, value]) => value)),
      },
    })
    const late = setTimeout(() => {
      asked.destroy()
      refuseUpgrade(socket, 504, `The web server waited ${ACCEPT_MS / 1_000} s for the API's response.`)
    }, ACCEPT_MS)
    const giveUp = () => asked.destroy()
    socket.once('close', giveUp)
    asked.once('close', () => clearTimeout(late))
    asked.once('upgrade', (answer, upstream, first) => {
      clearTimeout(late)
      socket.off('close', giveUp)
      if (socket.destroyed) return upstream.destroy()
      req.socket.setTimeout(0)
      socket.write(headOf(answer))
      socket.write(first)
      upstream.write(head)
      join(socket, upstream)
    })
    asked.once('response', (answer) => {
      answer.resume()
      const status = answer.statusCode ?? 502
      // A 4xx status is forwarded to the browser. Any other status is reported as a failure of the API.
      refuseUpgrade(socket, status >= 400 && status < 500 ? status : 502, `The API answered with ${status}.`)
    })
    asked.once('error', () => refuseUpgrade(socket, 502, 'The web server gets no response from the API.'))
    asked.end()
  }

  return {
    upgrade(req, socket, head) {
      // Without an error listener, an aborted connection would end the process.
      socket.on('error', ignore)
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      const headers = new Headers(pairs(req.rawHeaders))
      const foreign = foreignSocket(headers)
      if (foreign) return refuseUpgrade(socket, 403, foreign)
      if (req.method !== 'GET' || req.headers.upgrade?.toLowerCase() !== 'websocket')
        return refuseUpgrade(socket, 400, 'Upgrade: expected websocket')
      const https = isHttps({ headers })
      const cookie = (name: string) => cookieOf(req, cookieName(name, https))
      const session = readSession(cookie)
      const token = session && bearerOf(session)
      // A WebSocket cannot renew an expired token. A request renews it: the page sends one when its socket is refused.
      if (!token) return refuseUpgrade(socket, 401, 'Sign in first.')
      const choice = readChoice(session, cookie)
      // The API request that the page sends next is refused for the same reason. Then the page reloads.
      if (isOutdated(paramOf(req, PAGE_TENANT_PARAM), choice))
        return refuseUpgrade(socket, 409, 'Another tenant was chosen after this page was loaded.')
      if (closing) return refuseUpgrade(socket, 503, 'The web server is stopping.')
      connect(req, socket, head, { authorization: `Bearer ${token}`, ...(choice && { 'x-tenant-id': choice }) })
    },
    close() {
      closing = true
      for (const socket of open) socket.destroy()
    },
  }
}

/** Copies bytes in both directions. When one side closes, the other side gets the remaining data and is then closed. */
function join(socket: Duplex, upstream: Socket): void {
  upstream.on('error', ignore)
  upstream.setNoDelay(true)
  upstream.setKeepAlive(true, KEEP_ALIVE_MS)
  upstream.setTimeout(0)
  for (const [one, other] of [
    [socket, upstream],
    [upstream, socket],
  ] as const) {
    one.pipe(other)
    one.once('close', () => {
      const limit = setTimeout(() => other.destroy(), DRAIN_MS)
      other.once('close', () => clearTimeout(limit))
      other.end(() => other.destroy())
    })
  }
}

const paramOf = ({ url = '' }: IncomingMessage, name: string): string | null =>
  new URLSearchParams(url.split('?')[1]).get(name)

/** Reads a cookie in the format of Next.js, whose own parser is not available outside its runtime. */
function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  const cookie = headers.cookie?.split(';').find((one) => one.trim().startsWith(`${name}=`))
  try {
    return cookie && decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1).trim())
  } catch {
    return undefined
  }
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = pairs(rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}\r\n`
}

const pairs = (raw: readonly string[]): [string, string][] =>
  raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] satisfies [string, string]] : []))

const ignore = () => {}
