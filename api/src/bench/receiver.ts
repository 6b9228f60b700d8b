import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const SLOW_MS = 20

/**
 * The receiver of the bench, a separate process. It answers 200 immediately, except on /hang and below it, which never answer, and
 * below /timed/slow, which answers after 20 ms. It records the first arrival (ms) of each webhook-id on /timed, and of
 * each webhook-id and path below it. GET /arrivals returns and clears the record; GET /count returns the number of
 * requests, and GET /repeats how many were recorded before, by path.
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
