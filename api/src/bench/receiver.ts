import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const SLOW_MS = 20

/**
 * Runs the receiver of the bench, in a process of its own. It answers 200 immediately, with two exceptions: paths that
 * begin with /hang get no answer, and paths that begin with /timed/slow get theirs after 20 ms.
 *
 * The receiver records when each webhook-id first arrives on /timed, or on a path below it (ms). GET /arrivals returns
 * the record and clears it, any other GET path only returns it. GET /count returns the number of requests. GET /repeats
 * returns, by path, how many requests arrived again.
 */
export function runReceiver(): void {
  let arrivals: Record<string, number> = {}
  let count = 0
  const repeats: Record<string, number> = {}
  const answerOf = (path: string | undefined): string => {
    if (path === '/count') return String(count)
    if (path === '/repeats') return JSON.stringify(repeats)
    const text = JSON.stringify(arrivals)
    if (path === '/arrivals') arrivals = {}
    return text
  }
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (request.method === 'GET') {
      response.end(answerOf(path))
      return
    }
    const at = performance.timeOrigin + performance.now()
    request.resume()
    request.on('end', () => {
      count++
      const id = request.headers['webhook-id']
      if (path.startsWith('/timed') && typeof id === 'string') {
        const key = path === '/timed' ? id : `${id}${path}`
        if (key in arrivals) repeats[path] = (repeats[path] ?? 0) + 1
        else arrivals[key] = at
      }
      if (path.startsWith('/timed/slow')) setTimeout(() => response.end('ok'), SLOW_MS)
      else if (!path.startsWith('/hang')) response.end('ok')
    })
  })
  server.keepAliveTimeout = 120_000
  server.requestTimeout = 0
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address && typeof address === 'object') process.send?.({ port: address.port })
  })
  process.on('disconnect', () => process.exit(0))
}

/**
 * Runs a server that measures the limits of node:http and ws. It answers every request with 202 without reading the
 * body. If a WebSocket requests frames, all WebSockets get them. It reports its port to its parent process, like the
 * receiver.
 */
export function runBareServer(): void {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(202, { 'content-type': 'application/json' })
      response.end('{}')
    })
  })
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (socket) =>
    socket.on('message', async (data) => {
      const { frame, times } = JSON.parse(String(data)) as { frame: string; times: number }
      for (let i = 0; i < times; i++) {
        await Promise.all([...sockets.clients].map((client) => new Promise((sent) => client.send(frame, sent))))
      }
    }),
  )
  server.keepAliveTimeout = 120_000
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address && typeof address === 'object') process.send?.({ port: address.port })
  })
  process.on('disconnect', () => process.exit(0))
}
