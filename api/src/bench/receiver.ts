import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

/**
 * The receiver of the bench, a separate process. It answers 200 immediately on every path except /hang, which never
 * answers, and records the first arrival (ms) of each webhook-id. GET /arrivals returns and clears the record; GET
 * /count returns its size.
 */
export function runReceiver(): void {
  let arrivals: Record<string, number> = {}
  let count = 0
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      const body = request.url === '/count' ? String(count) : JSON.stringify(arrivals)
      if (request.url === '/arrivals') arrivals = {}
      response.end(body)
      return
    }
    const at = performance.timeOrigin + performance.now()
    request.resume()
    request.on('end', () => {
      count++
      const id = request.headers['webhook-id']
      if (request.url === '/timed' && typeof id === 'string') arrivals[id] ??= at
      if (request.url !== '/hang') response.end('ok')
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
 * Answers 202 without reading, to measure the limit of node:http. WebSockets get the frames that one of them
 * requests, to measure the limit of ws. Uses the same protocol with its parent.
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
