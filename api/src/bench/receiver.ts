import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

/**
 * The bench's receiver, a process of its own: answers 200 at once on every path, but never on /hang, and keeps when which
 * webhook-id arrived (ms, first arrival). GET /arrivals hands that out and forgets it; GET /count says how many came.
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
 * Answers 202 to everything and reads nothing: what node:http itself can do. Sockets that connect are sent what one of them
 * asks for, as often as it says: what ws itself can do. Same protocol with its parent.
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
