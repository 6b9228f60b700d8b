import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createNetServer, type Server, type Socket } from 'node:net'
import { selfSignedCertificate } from './certificate.ts'

/** Real receivers on 127.0.0.1. They can also misbehave. */

export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  /** Milliseconds since the epoch. */
  at: number
}

/** How a receiver reacts to a complete request. `count` is the number of the request, starting at 1. */
export type Behaviour = (exchange: {
  received: ReceivedRequest
  request: IncomingMessage
  response: ServerResponse
  count: number
}) => void

export interface Receiver {
  url: string
  /** The received requests, in the order in which they were completed. */
  requests: ReceivedRequest[]
  /** Number of accepted connections. */
  connections: number
  readonly openConnections: number
  /** Changes the behaviour from the next request on. */
  behave(next: Behaviour): void
  /** Closes all connections and the port. */
  close(): Promise<void>
}

/** Answers immediately. */
export const ok =
  (status = 200, body = 'ok', headers: Record<string, string> = {}): Behaviour =>
  ({ response }) => {
    response.writeHead(status, headers).end(body)
  }

export const status = (code: number, headers: Record<string, string> = {}, body = ''): Behaviour =>
  ok(code, body, headers)

export const redirect = (location: string, code = 302): Behaviour => status(code, { location })

/** Answers successfully after `ms`. */
export const slow =
  (ms: number): Behaviour =>
  ({ response }) => {
    const timer = setTimeout(() => response.end('late'), ms)
    response.once('close', () => clearTimeout(timer))
  }

/** Reads the request, but never answers. */
export const hang = (): Behaviour => () => {}

/** Fails the first `failures` requests, then succeeds. */
export const flaky =
  (failures: number, failure: Behaviour = status(503)): Behaviour =>
  (exchange) =>
    (exchange.count <= failures ? failure : ok())(exchange)

/** Starts a response and then sends one byte every `ms`, for ever. */
export const drip =
  (ms = 1000, code = 200): Behaviour =>
  ({ response }) => {
    response.writeHead(code).flushHeaders()
    const timer = setInterval(() => response.write('.'), ms)
    response.once('close', () => clearInterval(timer))
  }

/** Sends an endless response, as fast as the client reads it. */
export const endless =
  (code = 200): Behaviour =>
  ({ response }) => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    }
    response.writeHead(code)
    response.on('drain', more)
    more()
  }

/** Answers with a body of `bytes` bytes. */
export const big =
  (bytes = 5 * 1024 * 1024): Behaviour =>
  ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(Buffer.alloc(bytes, 'x'))
  }

/** Reads the request, then resets the connection. */
export const reset =
  (): Behaviour =>
  ({ request }) => {
    request.socket.resetAndDestroy()
  }

/** Announces a longer body than it sends, and closes the connection. */
export const closeEarly =
  (code = 200): Behaviour =>
  ({ request }) => {
    request.socket.end(`HTTP/1.1 ${code} Fine\r\ncontent-length: 100\r\n\r\nonly this`)
  }

/** Answers with bytes that are not HTTP. */
export const garbage =
  (): Behaviour =>
  ({ request }) => {
    request.socket.end(Buffer.from('\u0000\u0001SSH-2.0-garbage\r\n\r\n\ufffd\ufffd'))
  }

/** Answers exactly these bytes. */
export const raw =
  (text: string): Behaviour =>
  ({ request }) => {
    request.socket.write(text)
  }

/** `tls`: serves https with an untrusted certificate. */
export async function startReceiver(behaviour: Behaviour = ok(), { tls = false } = {}): Promise<Receiver> {
  let current = behaviour
  let count = 0
  const requests: ReceivedRequest[] = []
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    // An aborted request is not recorded. Tests check its error elsewhere.
    request.on('error', () => {})
    response.on('error', () => {})
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const body = Buffer.concat(chunks).toString('utf8')
      const received = { method, path: url, headers, body, at: Date.now() }
      requests.push(received)
      count += 1
      current({ received, request, response, count })
    })
  }
  const server = tls ? createTlsServer(selfSignedCertificate(), listener) : createServer(listener)
  return serve(server, tls ? 'https' : 'http', requests, (next) => {
    current = next
  })
}

/** Accepts connections, but never reads from them. */
export async function startDeafReceiver(): Promise<Receiver> {
  return serve(createNetServer({ pauseOnConnect: true }), 'http', [], () => {})
}

async function serve(
  server: Server,
  scheme: string,
  requests: ReceivedRequest[],
  behave: Receiver['behave'],
): Promise<Receiver> {
  const sockets = new Set<Socket>()
  const receiver = {
    url: '',
    requests,
    connections: 0,
    get openConnections() {
      return sockets.size
    },
    behave,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  server.on('connection', (socket: Socket) => {
    receiver.connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port')
  receiver.url = `${scheme}://127.0.0.1:${address.port}/hook`
  return receiver
}
