import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { type Address, contains, type Network } from '../kit/networks.ts'

/** Where a request came from; null where that is not known any more. IPv4 in IPv6 clothing is IPv4. */
export type ClientIpOf = (req: IncomingMessage) => string | null

/** Nowhere do more stand behind each other, and nobody is to have a header of thousands walked through. */
const MAX_PROXIES = 32

/** `1.2.3.4:5678`, `[2001:db8::1]:5678` and `[2001:db8::1]`, as some proxies write addresses. */
const WITH_PORT = /^(?:\[([\da-f:.]+)\]|([\d.]+)(?=:))(?::\d{1,5})?$/i

/**
 * A request comes from its peer, unless that is a trusted proxy: then from whom that names. A proxy appends its own peer to
 * what X-Forwarded-For says already, which anybody may have made up. So the last address there is believed, the one before it
 * only where the last is a trusted proxy in turn, and so on; what is no address ends the walk.
 */
export function createClientIpOf(trusted: readonly Network[]): ClientIpOf {
  const networks = trusted.map(plain)
  const isTrusted = (address: Address) => networks.some((network) => contains(network, address))

  return (req) => {
    const peer = peerOf(req)
    if (peer === null || networks.length === 0) return peer
    let client = addressIn(peer.split('%', 1)[0] ?? '')
    if (client === null || !isTrusted(client)) return peer
    // Node joins several of them with commas.
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

function peerOf({ socket }: IncomingMessage): string | null {
  const address = socket.remoteAddress
  return address?.startsWith('::ffff:') ? address.slice(7) : (address ?? null)
}

function addressIn(entry: string): Address | null {
  const [, ipv6, ipv4] = WITH_PORT.exec(entry) ?? []
  const text = ipv6 ?? ipv4 ?? entry
  return isIP(text) === 0 || text.includes('%') ? null : ipaddr.process(text)
}

/** As peers are: a network of IPv4 in IPv6 clothing is that of IPv4. */
function plain(network: Network): Network {
  const [address, bits] = network
  if (!(address instanceof ipaddr.IPv6) || !address.isIPv4MappedAddress() || bits < 96) return network
  return [address.toIPv4Address(), bits - 96]
}
