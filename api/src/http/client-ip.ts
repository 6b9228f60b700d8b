import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { type Address, contains, type Network } from '../kit/networks.ts'

/** The part of a request that names its client. */
interface ForwardedRequest {
  socket: { remoteAddress?: string | undefined }
  headers: IncomingHttpHeaders
}

/** Returns the client address of a request, null if it is no longer known. IPv4-mapped IPv6 addresses become IPv4. */
export type ClientIpOf = (req: ForwardedRequest) => string | null

/** More proxies than any real chain. It bounds the work on a header with thousands of entries. */
const MAX_PROXIES = 32

/** `1.2.3.4:5678`, `[2001:db8::1]:5678` and `[2001:db8::1]`, as some proxies write addresses. */
const WITH_PORT = /^(?:\[([\da-f:.]+)\]|([\d.]+)(?=:))(?::\d{1,5})?$/i

/**
 * A request comes from its peer. If the peer is a trusted proxy, it comes from the client that the proxy names: a
 * proxy appends its own peer to X-Forwarded-For, whose earlier entries anyone can forge. So the last address is
 * trusted, the one before it only if the last is itself a trusted proxy, and so on. An invalid address ends the walk.
 */
export function createClientIpOf(trusted: readonly Network[]): ClientIpOf {
  const networks = trusted.map(plain)
  const isTrusted = (address: Address) => networks.some((network) => contains(network, address))

  return (req) => {
    const peer = peerOf(req)
    if (peer === null || networks.length === 0) return peer
    let client = addressIn(peer.split('%', 1)[0] ?? '')
    if (client === null || !isTrusted(client)) return peer
    // Node.js joins repeated headers with commas.
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

/** Normalised like peers: an IPv4-mapped IPv6 network becomes IPv4. */
function plain(network: Network): Network {
  const [address, bits] = network
  if (!(address instanceof ipaddr.IPv6) || !address.isIPv4MappedAddress() || bits < 96) return network
  return [address.toIPv4Address(), bits - 96]
}
