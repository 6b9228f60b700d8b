import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { type Address, contains, type Network } from '../kit/networks.ts'

/** The part of a request that determines the client's address. */
interface ForwardedRequest {
  socket: { remoteAddress?: string | undefined }
  headers: IncomingHttpHeaders
}

/**
 * Returns the address of the client that sent a request; null if it is no longer known. An IPv4-mapped IPv6 address is
 * returned as IPv4.
 */
export type ClientIpOf = (req: ForwardedRequest) => string | null

/** No real chain has more proxies. The limit exists for headers with thousands of entries. */
const MAX_PROXIES = 32

/** Matches `1.2.3.4:5678`, `[2001:db8::1]:5678` and `[2001:db8::1]`. Some proxies write addresses in these forms. */
const WITH_PORT = /^(?:\[([\da-f:.]+)\]|([\d.]+)(?=:))(?::\d{1,5})?$/i

/**
 * Determines the client's address. A proxy appends the address of its own peer to X-Forwarded-For. Everything before
 * that could have been forged. So if the peer of the connection is a trusted proxy, the last address in the header is
 * used. If that is a trusted proxy too, the one before it is used, and so on. An invalid address ends the search.
 */
export function createClientIpOf(trusted: readonly Network[]): ClientIpOf {
  const networks = trusted.map(plain)
  const isTrusted = (address: Address) => networks.some((network) => contains(network, address))

  return (req) => {
    const peer = peerOf(req)
    if (peer === null || networks.length === 0) return peer
    let client = addressIn(peer.split('%', 1)[0] ?? '')
    if (client === null || !isTrusted(client)) return peer
    // If a header occurs several times, Node.js joins the values with commas.
    const named = String(req.headers['x-forwarded-for'] ?? '')
    for (let end = named.length, n = 0; end >= 0 && n < MAX_PROXIES && isTrusted(client); n++) {
      const comma = end === 0 ? -1 : named.lastIndexOf(',', end - 1)
      const before = addressIn(named.slice(comma + 1, end).trim())
      if (before === null) break
      client = before
      end = comma
    }
    return client.toString()
  }
}

function peerOf({ socket }: ForwardedRequest): string | null {
  const address = socket.remoteAddress
  return address?.startsWith('::ffff:') ? address.slice(7) : (address ?? null)
}

function addressIn(entry: string): Address | null {
  const [, ipv6, ipv4] = WITH_PORT.exec(entry) ?? []
  const text = ipv6 ?? ipv4 ?? entry
  return isIP(text) === 0 || text.includes('%') ? null : ipaddr.process(text)
}

/** Normalises a network in the same way as peers: an IPv4-mapped IPv6 network becomes IPv4. */
function plain(network: Network): Network {
  const [address, bits] = network
  if (!(address instanceof ipaddr.IPv6) || !address.isIPv4MappedAddress() || bits < 96) return network
  return [address.toIPv4Address(), bits - 96]
}
