import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Address = ipaddr.IPv4 | ipaddr.IPv6
export type Network = readonly [Address, number]

/** What a network is written as; a single address is one of itself alone. */
export const NETWORK_FORM = '"10.1.0.0/16", "fd00::/8" or one address'

/** The network that a text means, or null. One with a zone of IPv6 (`%eth0`) is none: no address has the zone when it is looked at. */
export function parseNetwork(text: string): Network | null {
  const cidr = isIP(text) === 4 ? `${text}/32` : isIP(text) === 6 ? `${text}/128` : text
  const isNetwork = !text.includes('%') && isIP(cidr.slice(0, cidr.lastIndexOf('/'))) !== 0 && ipaddr.isValidCIDR(cidr)
  return isNetwork ? ipaddr.parseCIDR(cidr) : null
}

/** As written: a network of IPv4 holds no IPv6 that carries its addresses. */
export function contains([network, bits]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits)
}
