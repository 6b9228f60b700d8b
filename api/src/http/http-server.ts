import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Env } from '../env.ts'

type Timeouts = Pick<
  Env,
  'HTTP_HEADERS_TIMEOUT_MS' | 'HTTP_REQUEST_TIMEOUT_MS' | 'HTTP_STALL_MS' | 'OPERATION_TIMEOUT_MS'
>

/** The HTTP server of Node.js with time limits for slow clients. */
export function createHttpServer(env: Timeouts, listener: RequestListener): Server {
  const http = createServer(
    {
      noDelay: true,
      keepAlive: true,
      // Proxies keep idle connections for one minute. The server must not close a connection that a proxy is about to
      // use.
      keepAliveTimeout: 65_000,
      headersTimeout: env.HTTP_HEADERS_TIMEOUT_MS,
      requestTimeout: env.HTTP_REQUEST_TIMEOUT_MS,
      // By default Node.js checks only every 30 s. That would be added to the time limit of a client that sends its
      // headers slowly.
      connectionsCheckingInterval: Math.min(5_000, env.HTTP_HEADERS_TIMEOUT_MS / 2),
    },
    listener,
  )
  // While an operation runs, no data flows. After that, only a client that does not read can reach this timeout.
  http.timeout = env.OPERATION_TIMEOUT_MS + env.HTTP_STALL_MS
  return http
}

/** Starts listening and resolves with the port. Port 0 lets the system choose one. Rejects if the port is in use. */
export const listen = (http: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      resolve((http.address() as AddressInfo).port)
    })
  })
