export const FORWARDED_FOR = 'x-forwarded-for'

/**
 * The X-Forwarded-For value for the API: the received value, followed by the address that the request came from.
 * Earlier entries may be forged. The API trusts them only as far as TRUSTED_PROXIES allows.
 */
export function appendPeer(said: string | string[] | undefined, peer: string | undefined): string {
  // 'unknown' stands in for a missing address. Without it, the API would take the web server's own address for the
  // client's.
  return [said ?? [], peer ?? 'unknown'].flat().join(', ')
}

/** The X-Forwarded-For header for an API request on behalf of a request that the web server has received. */
export function forwardedFor(headers: { get(name: string): string | null }): Record<string, string> {
  const value = headers.get(FORWARDED_FOR)
  return value === null ? {} : { [FORWARDED_FOR]: value }
}
