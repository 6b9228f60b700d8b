/**
 * Address of the API from API_URL (default http://127.0.0.1:8010). Read at run time, not at build time. Throws on an
 * invalid value.
 */
export function apiUrl(path: string, source: Record<string, string | undefined> = process.env): URL {
  const base = source.API_URL || 'http://127.0.0.1:8010'
  const url = URL.canParse(base) ? new URL(base) : null
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error(`API_URL is ${JSON.stringify(base)}; expected http(s)://host:port of the API`)
  }
  return new URL(url.pathname.replace(/\/+$/, '') + path, url)
}
