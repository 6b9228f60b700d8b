export const FORWARDED_FOR = 'x-forwarded-for'

/**
 * The X-Forwarded-For value for the API: the received value followed by the web server's own peer. Earlier entries
 * may be forged; the API trusts them only as far as TRUSTED_PROXIES allows.
 */
export function appendPeer(said: string | string[] | undefined, peer: string | undefined): string {
  // Otherwise the web server itself would count as the missing peer.
  return [said ?? [], peer ?? 'unknown'].flat().join(', ')
}

/** The header for a request that the web server has received. */
export function forwardedFor(headers: { get(name: string): string | null }): Record<string, string> {
  const value = headers.get(FORWARDED_FOR)
  return value === null ? {} : { [FORWARDED_FOR]: value }
}
