import { lookup as dnsLookup, type LookupAddress, type LookupAllOptions } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { contains, NETWORK_FORM, type Network, parseNetwork } from '../../kit/networks.ts'

/**
 * The addresses to which requests may be sent. Without such a policy a webhook could reach the network of the worker
 * (SSRF).
 */
export interface AddressPolicy {
  readonly allowedCidrs: readonly Network[]
  /** Networks that stay blocked even if `allowedCidrs` contains them. */
  readonly deniedCidrs?: readonly Network[]
  readonly httpsOnly: boolean
  /** For error messages: the kind of request, and the setting that allows networks. By default those of webhooks. */
  readonly wording?: { readonly subject: string; readonly setting: string }
}

export type AddressErrorCode =
  | 'URL_INVALID'
  | 'URL_TOO_LONG'
  | 'URL_SCHEME'
  | 'URL_CREDENTIALS'
  | 'BLOCKED_ADDRESS'
  | 'CIDR_INVALID'

export class AddressError extends Error {
  override readonly name = 'AddressError'
  readonly code: AddressErrorCode
  constructor(code: AddressErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export const MAX_URL_LENGTH = 2048

/**
 * Creates a policy. `allowedCidrs` are the networks to allow, such as "10.1.0.0/16" and "fd00::/8", or single
 * addresses. Throws AddressError CIDR_INVALID.
 */
export function parsePolicy(settings: { allowedCidrs: readonly string[]; httpsOnly: boolean }): AddressPolicy {
  return { allowedCidrs: settings.allowedCidrs.map(parseCidr), httpsOnly: settings.httpsOnly }
}

function parseCidr(text: string): Network {
  const network = parseNetwork(text)
  if (network === null) throw new AddressError('CIDR_INVALID', `"${text}" is not a network; expected ${NETWORK_FORM}`)
  return network
}

/**
 * The platform endpoint of Azure, a metadata address that looks like a public one. Those of other clouds are
 * link-local, CGNAT or ULA addresses, which are blocked anyway.
 */
const METADATA: Network = ipaddr.parseCIDR('168.63.129.16/32')
/**
 * The only IPv6 range in which IANA assigns addresses to hosts. Other addresses reach nothing, or are IPv4 addresses in
 * another form.
 */
const GLOBAL_UNICAST: Network = ipaddr.parseCIDR('2000::/3')

const KINDS: Readonly<Record<string, string>> = {
  private: 'a private address',
  uniqueLocal: 'a private address',
  loopback: 'a loopback address',
  linkLocal: 'a link-local address (cloud metadata among them)',
  carrierGradeNat: 'a carrier-grade NAT address',
  multicast: 'a multicast address',
  broadcast: 'the broadcast address',
  unspecified: 'the unspecified address',
  deprecatedSiteLocal: 'a site-local address',
  ipv4Mapped: 'an IPv4 address in IPv6 form',
  rfc6145: 'an IPv4 address in IPv6 form',
  rfc6052: 'an IPv4 address in NAT64 form',
  '6to4': 'an IPv4 address in 6to4 form',
  teredo: 'an IPv4 address in Teredo form',
}

/**
 * Why an address is blocked ("a private address"), or null if it is allowed. Apart from `allowedCidrs`, only global
 * unicast addresses are allowed. All IPv6 addresses that contain an IPv4 address are blocked too: receivers do not need
 * them, and translators interpret them differently. A network in `allowedCidrs` allows only addresses of the same form:
 * 10.0.0.0/8 does not allow ::ffff:10.0.0.1.
 */
export function blockedKind(
  ip: string,
  allowedCidrs: readonly Network[],
  deniedCidrs: readonly Network[] = [],
): string | null {
  const bare = ip.split('%', 1)[0] ?? ''
  if (isIP(bare) === 0) return 'no address'
  const address = ipaddr.parse(bare)
  if (deniedCidrs.some((cidr) => contains(cidr, address))) return 'an address that no setting allows'
  if (allowedCidrs.some((cidr) => contains(cidr, address))) return null
  const range = address.range()
  if (range !== 'unicast') return KINDS[range] ?? 'a reserved address'
  if (contains(METADATA, address)) return 'a cloud metadata address'
  if (address.kind() === 'ipv6' && !contains(GLOBAL_UNICAST, address)) return 'a reserved address'
  if (isIsatap(address)) return 'an IPv4 address in ISATAP form'
  return null
}

/**
 * Whether an address is an ISATAP address (RFC 5214, section 6.1): its interface identifier is 0000:5efe or 0200:5efe,
 * followed by an IPv4 address.
 */
function isIsatap(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (!(address instanceof ipaddr.IPv6)) return false
  const [high, low] = address.parts.slice(4)
  return low === 0x5efe && (high === 0 || high === 0x0200)
}

export const isBlocked = (ip: string, allowedCidrs: readonly Network[]): boolean =>
  blockedKind(ip, allowedCidrs) !== null

/**
 * Checks a URL as far as that is possible without the network. WHATWG parsing converts all spellings of an address
 * (0x7f.1, 2130706433, [::ffff:10.0.0.1]) to one form, so the address that is checked is the address that is used.
 * Throws AddressError.
 */
export function checkUrl(url: string, policy: AddressPolicy): URL {
  if (url.length > MAX_URL_LENGTH) {
    throw new AddressError('URL_TOO_LONG', `a URL may have ${MAX_URL_LENGTH} characters; this one has ${url.length}`)
  }
  // The parser would silently remove line breaks and tabs, which changes the URL.
  if (/[\s\p{Cc}]/u.test(url)) throw new AddressError('URL_INVALID', 'the URL has a space or a control character')
  if (!URL.canParse(url)) throw new AddressError('URL_INVALID', 'this is not a URL; expected https://host/path')
  const parsed = new URL(url)
  const schemes = policy.httpsOnly ? ['https:'] : ['https:', 'http:']
  if (!schemes.includes(parsed.protocol)) {
    const taken = policy.httpsOnly ? 'only https is accepted (WEBHOOK_HTTPS_ONLY)' : 'only https and http are accepted'
    throw new AddressError('URL_SCHEME', `the URL's scheme is "${parsed.protocol.slice(0, -1)}"; ${taken}`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new AddressError('URL_CREDENTIALS', 'the URL contains a user name or password; send credentials in a header')
  }
  if (parsed.href.length > MAX_URL_LENGTH) {
    throw new AddressError(
      'URL_TOO_LONG',
      `a URL may have ${MAX_URL_LENGTH} characters; escaped, this one has ${parsed.href.length}`,
    )
  }
  const literal = literalOf(parsed)
  const kind = literal === null ? null : blockedKind(literal, policy.allowedCidrs, policy.deniedCidrs)
  if (kind !== null) throw blocked(`${parsed.hostname} is ${kind}`, policy)
  return parsed
}

/** The IP address in a URL, without the brackets of IPv6. Null if the host is a name. */
function literalOf(url: URL): string | null {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return isIP(host) === 0 ? null : host
}

const WEBHOOK_WORDING = { subject: 'webhooks', setting: 'WEBHOOK_ALLOWED_CIDRS' }

function blocked(what: string, { wording = WEBHOOK_WORDING }: AddressPolicy): AddressError {
  const { subject, setting } = wording
  return new AddressError('BLOCKED_ADDRESS', `${what}, which ${subject} may not reach (${setting} allows networks)`)
}

/** dns.lookup with all answers, which is the only form that is used here. */
export type Resolver = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * A dns.lookup for net.connect and tls.connect. It refuses a name if one of its addresses is blocked. It returns
 * exactly the addresses that it has checked, so that a second lookup with another answer (DNS rebinding) cannot change
 * the target. The resolver runs in a small thread pool, so concurrent lookups of the same name share one call. If the
 * name server of one name hangs, only one thread is blocked, however many deliveries wait for it.
 */
export function guardedLookup(policy: AddressPolicy, resolver: Resolver = dnsLookup): LookupFunction {
  type Waiting = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void
  const underWay = new Map<string, Waiting[]>()

  const judged = (hostname: string, done: Waiting) => {
    const waiting = underWay.get(hostname)
    if (waiting) return void waiting.push(done)
    const all = [done]
    underWay.set(hostname, all)
    // Always looks up both families. If an address of either family is blocked, the name is refused.
    resolver(hostname, { all: true, verbatim: true }, (error, addresses) => {
      underWay.delete(hostname)
      const refusal = error ?? judge(hostname, addresses, policy)
      for (const each of all) each(refusal, refusal ? [] : addresses)
    })
  }

  return (hostname, options, callback) => {
    judged(hostname, (error, addresses) => {
      const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0)
      const fitting = family === 0 ? addresses : addresses.filter((address) => address.family === family)
      const [first] = fitting
      if (error) return callback(error, options.all ? [] : '', 0)
      if (first === undefined) return callback(notFound(hostname), options.all ? [] : '', 0)
      if (options.all) return callback(null, fitting)
      callback(null, first.address, first.family)
    })
  }
}

function judge(hostname: string, addresses: readonly LookupAddress[], policy: AddressPolicy): AddressError | null {
  for (const { address } of addresses) {
    const kind = blockedKind(address, policy.allowedCidrs, policy.deniedCidrs)
    // The message does not contain the address, so that internal names cannot be looked up with it.
    if (kind !== null) return blocked(`${hostname} resolves to ${kind}`, policy)
  }
  return null
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname })
}

/**
 * Like `checkUrl`, and also checks the current addresses of the host name. So a URL with an internal address is refused
 * when it is entered, not only when it is used. A name that does not resolve yet, or not within `timeoutMs`, is
 * accepted. Throws AddressError.
 */
export async function resolveAndCheck(
  url: string,
  policy: AddressPolicy,
  { resolver = dnsLookup, timeoutMs = 3_000 }: { resolver?: Resolver; timeoutMs?: number } = {},
): Promise<URL> {
  const parsed = checkUrl(url, policy)
  if (literalOf(parsed) !== null) return parsed
  const refusal = await new Promise<Error | null>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs, null)
    resolver(parsed.hostname, { all: true, verbatim: true }, (error, addresses) => {
      clearTimeout(timer)
      resolve(error ? null : judge(parsed.hostname, addresses, policy))
    })
  })
  if (refusal) throw refusal
  return parsed
}
