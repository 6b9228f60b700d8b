export const FORWARDED_FOR = 'x-forwarded-for'

/**
 * What the API is told of where a client is: what whoever is in front of the web has said, and last the web's own peer. Anybody
 * may have made up what is before that; the API believes as much of it as TRUSTED_PROXIES lets it.
 */
export function appendPeer(said: string | string[] | undefined, peer: string | undefined): string {
  // The web itself would pass for the peer that is gone.
  return [said ?? [], peer ?? 'unknown'].flat().join(', ')
}

/** The same of a request that the web server has taken, as a header for the API. */
export function forwardedFor(headers: { get(name: string): string | null }): Record<string, string> {
  const value = headers.get(FORWARDED_FOR)
  return value === null ? {} : { [FORWARDED_FOR]: value }
}
