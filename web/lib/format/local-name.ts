const LOCAL_SUFFIXES = ['.localhost', '.local', '.lan', '.internal', '.home.arpa', '.test']
const IP_ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)$/

/**
 * Whether a request used a host name that nobody outside can own: an IP address, a name without a dot, or a local
 * network name. Another site can point its own name to this server (DNS rebinding); its pages would then be same-origin
 * with a server without authentication. The API makes the same check (api/src/http/dev-sign-in-route.ts).
 */
export function cameByLocalName(headers: Headers): boolean {
  const names = [headers.get('host') ?? '', ...(headers.get('x-forwarded-host')?.split(',') ?? [])]
  return names.map(hostname).every(isLocal)
}

const hostname = (host: string): string =>
  host
    .trim()
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')

const isLocal = (name: string): boolean =>
  IP_ADDRESS.test(name) ||
  (name !== '' && !name.includes('.')) ||
  LOCAL_SUFFIXES.some((suffix) => name.endsWith(suffix))
