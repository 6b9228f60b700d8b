import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy in front of a server. It stands in for the network between one process and that server. */
export interface Link {
  /** The server's URL, with the address of the proxy. */
  url: string
  /**
   * Drops all data in both directions without closing a connection, as a broken network does. Existing connections stay
   * silent for ever, as behind a firewall that has forgotten them. New connections are held until `mend`.
   */
  cut(): void
  mend(): void
  close(): Promise<void>
}

export async function createLink(serverUrl: string): Promise<Link> {
  const target = new URL(serverUrl)
  const open = new Set<Socket>()
  /** Connections that arrived while the network was cut. */
  const held = new Set<Socket>()
  const forget: (() => void)[] = []
  let isCut = false

  const track = (socket: Socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => open.delete(socket))
  }
  const carry = (near: Socket) => {
    const far = connect(Number(target.port), target.hostname)
    track(far)
    near.pipe(far)
    far.pipe(near)
    const endNear = () => void near.destroy()
    const endFar = () => void far.destroy()
    far.once('close', endNear)
    near.once('close', endFar)
    forget.push(() => {
      far.off('close', endNear)
      near.unpipe(far)
      far.unpipe(near)
      near.resume()
      // The connection to the server is closed too, so that only live connections are counted there.
      far.destroy()
    })
  }
  const server = createServer((near) => {
    track(near)
    if (isCut) held.add(near)
    else carry(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const url = new URL(serverUrl)
  url.port = String(address.port)

  return {
    url: url.href,
    cut() {
      isCut = true
      for (const drop of forget.splice(0)) drop()
    },
    mend() {
      isCut = false
      for (const near of held) if (!near.destroyed) carry(near)
      held.clear()
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
