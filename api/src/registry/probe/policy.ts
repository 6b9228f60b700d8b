import type { Env } from '../../env.ts'
import { type AddressPolicy, parsePolicy } from '../../webhooks/send/address-guard.ts'

/**
 * Metadata addresses of clouds. They would give the server's credentials to anybody who makes the server send a
 * request, so no setting can allow them. In this order: link-local addresses (AWS, Azure, Google and most others), AWS
 * over IPv6, Google over IPv6, Alibaba, Azure's platform, Oracle.
 */
const METADATA = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  // IPv6 addresses that contain an IPv4 address: mapped, NAT64, 6to4, Teredo.
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  '2001::/32',
]

/**
 * Which addresses health probes may reach: public ones and those in PROBE_ALLOWED_CIDRS, but never metadata addresses.
 */
export function probePolicy({ PROBE_ALLOWED_CIDRS }: Pick<Env, 'PROBE_ALLOWED_CIDRS'>): AddressPolicy {
  const { allowedCidrs } = parsePolicy({ allowedCidrs: PROBE_ALLOWED_CIDRS, httpsOnly: false })
  const { allowedCidrs: deniedCidrs } = parsePolicy({ allowedCidrs: METADATA, httpsOnly: false })
  return {
    allowedCidrs,
    deniedCidrs,
    httpsOnly: false,
    wording: { subject: 'health probes', setting: 'PROBE_ALLOWED_CIDRS' },
  }
}
