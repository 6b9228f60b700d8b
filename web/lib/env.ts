/** Where the API is, from API_URL (default http://127.0.0.1:8010). Read when the server runs, never built into it. Throws on a wrong value. */
export function apiUrl(path: string, source: Record<string, string | undefined> = process.env): URL {
  const base = source.API_URL || 'http://127.0.0.1:8010'
  const url = URL.canParse(base) ? new URL(base) : null
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error(`API_URL is ${JSON.stringify(base)}; takes http(s)://host:port of the API`)
  }
  return new URL(url.pathname.replace(/\/+$/, '') + path, url)
}
