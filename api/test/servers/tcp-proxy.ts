import { connect as connectSocket, createServer, type Socket } from 'node:net'

/** A TCP address that forwards to one API, then to another or to none, like the address of an API that is restarted. */
export async function openTcpProxy(url: string) {
  let target: URL | null = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    if (target === null) return void socket.resetAndDestroy()
    const onward = connectSocket(Number(target.port), target.hostname)
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy())
    socket.on('close', () => onward.destroy())
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const shut = () => {
    target = null
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    shut,
    open(next: string) {
      target = new URL(next)
    },
    close() {
      shut()
      server.close()
    },
  }
}
