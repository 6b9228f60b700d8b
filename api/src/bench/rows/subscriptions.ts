import { WebSocket } from 'ws'
import { freshTenant, PUBLISH_MANY, type Row, sample } from '../row.ts'
import type { Stack } from '../stack.ts'

const SOCKETS = 1_000
const EVENTS = 200
const BATCH = 20
/** Number of handshakes at a time. */
const OPENING = 50

const DOCUMENT = `subscription ($filter: EventFilter) {
  events(filter: $filter) { cursor event { id type source severity subject tenantId receivedAt } } }`

/** Frames per second to a thousand WebSockets. Each of them must get every event. */
export const subscriptions: Row = {
  name: 'subscriptions',
  async run(stack, { scale, advance }) {
    const events = Math.max(BATCH, Math.round((EVENTS * scale) / BATCH) * BATCH)
    const through = await measureOurs(stack, events, (part) => advance(part * 0.6))
    const bare = await measureBare(stack, events, through.frame)
    advance(1)
    return [
      {
        name: 'subscription-frames',
        what: `subscription frames/s at ${SOCKETS.toLocaleString('en')} sockets, none lost`,
        unit: '/s',
        value: through.perSecond,
        limit: { what: 'bare ws broadcast of the same frames', value: bare },
        goal: { value: 20_000, atMost: false },
      },
    ]
  },
}

async function measureOurs(stack: Stack, events: number, advance: (part: number) => void) {
  const tenantId = freshTenant()
  const crowd = createCrowd()
  const headers = { authorization: stack.headers.authorization ?? '' }
  await crowd.open(() => {
    const socket = new WebSocket(`${stack.apiOrigin.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      perMessageDeflate: false,
    })
    const send = (message: object) => socket.send(JSON.stringify(message))
    socket.once('open', () => send({ type: 'connection_init', payload: headers }))
    socket.once('message', () =>
      send({ id: '1', type: 'subscribe', payload: { query: DOCUMENT, variables: { filter: { tenantId } } } }),
    )
    return socket
  }, isNext)
  const publish = (from: number, count: number) =>
    stack.graphql(PUBLISH_MANY, { input: Array.from({ length: count }, (_, k) => sample(tenantId, from + k)) })
  // A socket is subscribed once it has received an event. Sockets that are subscribed early get more of these events.
  while (crowd.least() === 0) {
    await publish(0, 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await crowd.quiet()
  crowd.reset()
  const started = performance.now()
  const publishing = (async () => {
    for (let i = 0; i < events; i += BATCH) {
      await publish(i, BATCH)
      advance(i / events)
    }
  })()
  await crowd.all(events)
  const seconds = (performance.now() - started) / 1_000
  await publishing
  const { frame } = crowd
  await crowd.close()
  return { perSecond: (events * SOCKETS) / seconds, frame: frame() }
}

async function measureBare(stack: Stack, events: number, frame: string): Promise<number> {
  const crowd = createCrowd()
  await crowd.open(
    () => new WebSocket(stack.bareOrigin.replace('http', 'ws'), { perMessageDeflate: false }),
    () => true,
  )
  const started = performance.now()
  crowd.first().send(JSON.stringify({ frame, times: events }))
  await crowd.all(events)
  const seconds = (performance.now() - started) / 1_000
  await crowd.close()
  return (events * SOCKETS) / seconds
}

const isNext = (text: string) => text.includes('"type":"next"')

/** A thousand sockets, with the number of frames that each has received. */
function createCrowd() {
  const sockets: WebSocket[] = []
  const had: number[] = []
  let last = ''
  let total = 0
  const settled = async (done: () => boolean, what: () => string) => {
    const deadline = Date.now() + 120_000
    while (!done()) {
      if (Date.now() > deadline) throw new Error(`the sockets wait in vain: ${what()}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const least = () => Math.min(...had)
  return {
    least,
    first: () => sockets[0]!,
    frame: () => last,
    async open(connect: () => WebSocket, counts: (text: string) => boolean) {
      const one = (i: number) =>
        new Promise<void>((resolve, reject) => {
          const socket = connect()
          had[i] = 0
          sockets.push(socket)
          socket.once('open', resolve)
          socket.once('error', reject)
          socket.on('message', (data) => {
            const text = String(data)
            if (!counts(text)) return
            had[i]!++
            total++
            last = text
          })
        })
      for (let i = 0; i < SOCKETS; i += OPENING)
        await Promise.all(Array.from({ length: OPENING }, (_, k) => one(i + k)))
    },
    /** Waits until no frame arrives for a while. */
    async quiet() {
      for (let before = -1; before !== total; ) {
        before = total
        await new Promise((resolve) => setTimeout(resolve, 300))
      }
    },
    reset() {
      had.fill(0)
    },
    /** Waits until each socket has the expected number of frames. Throws if a socket has more. */
    async all(count: number) {
      await settled(
        () => least() >= count,
        () => `${least()} of ${count}`,
      )
      if (had.some((n) => n !== count)) throw new Error(`a socket had ${Math.max(...had)} frames of ${count}`)
    },
    async close() {
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise((resolve) => {
              socket.once('close', resolve)
              socket.terminate()
            }),
        ),
      )
    },
  }
}
