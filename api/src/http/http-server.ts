import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Env } from '../env.ts'

type Timeouts = Pick<
  Env,
  'HTTP_HEADERS_TIMEOUT_MS' | 'HTTP_REQUEST_TIMEOUT_MS' | 'HTTP_STALL_MS' | 'OPERATION_TIMEOUT_MS'
>

/** Node.js' HTTP server with time limits for slow clients. */
export function createHttpServer(env: Timeouts, listener: RequestListener): Server {
  const http = createServer(
    {
      noDelay: true,
      keepAlive: true,
      // Proxies keep idle connections for one minute; the server must not close one that a proxy is about to use.
      keepAliveTimeout: 65_000,
      headersTimeout: env.HTTP_HEADERS_TIMEOUT_MS,
      requestTimeout: env.HTTP_REQUEST_TIMEOUT_MS,
      // Node.js checks only every 30 s by default, which would add to the time limit of a client that drips its
      // headers.
      connectionsCheckingInterval: Math.min(5_000, env.HTTP_HEADERS_TIMEOUT_MS / 2),
    },
    listener,
  )
  // No data flows while an operation runs; afterwards only a client that does not read reaches this timeout.
  http.timeout = env.OPERATION_TIMEOUT_MS + env.HTTP_STALL_MS
  return http
}

/** Resolves to the port; port 0 lets the system choose. Rejects if the port is in use. */
export const listen = (http: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      resolve((http.address() as AddressInfo).port)
    })
  })
