import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Address = ipaddr.IPv4 | ipaddr.IPv6
export type Network = readonly [Address, number]

/** The accepted notations for a network, for error messages. A single address is a network too. */
export const NETWORK_FORM = '"10.1.0.0/16", "fd00::/8" or one address'

/**
 * Parses a network; null if it is invalid. An IPv6 zone (`%eth0`) is invalid, because the addresses that are compared
 * with the network have none.
 */
export function parseNetwork(text: string): Network | null {
  const cidr = isIP(text) === 4 ? `${text}/32` : isIP(text) === 6 ? `${text}/128` : text
  const isNetwork = !text.includes('%') && isIP(cidr.slice(0, cidr.lastIndexOf('/'))) !== 0 && ipaddr.isValidCIDR(cidr)
  return isNetwork ? ipaddr.parseCIDR(cidr) : null
}

/** Whether a network contains an address. An IPv4 network does not contain IPv4-mapped IPv6 addresses. */
export function contains([network, bits]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits)
}
