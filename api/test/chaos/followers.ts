import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Installation } from './installation.ts'

const DOCUMENT = `subscription ($filter: EventFilter, $after: String) {
  events(filter: $filter, after: $after) { cursor event { id } } }`

export interface Frame {
  cursor: string
  event: { id: string }
}

/** Opens one connection and passes its frames to `onFrame`. Resolves when the connection ends. */
type Connect = (
  installation: Installation,
  variables: object,
  onFrame: (frame: Frame) => void,
  signal: AbortSignal,
) => Promise<void>

/** A subscriber to the events of a source. It resumes after every disconnect. */
export interface Follower {
  /** Event ids in order of arrival. */
  seen: string[]
  connections: number
  /** Drops the connection abruptly. */
  cut(): void
  /** Ends the subscription. */
  stop(): Promise<void>
}

const RETRY_MS = 100

export function follow(installation: Installation, connect: Connect, source: string, after: string): Follower {
  let cursor = after
  let stopped = false
  let cutter = new AbortController()
  const follower: Follower = {
    seen: [],
    connections: 0,
    cut: () => cutter.abort(),
    async stop() {
      stopped = true
      cutter.abort()
      await running
    },
  }
  const run = async () => {
    while (!stopped) {
      cutter = new AbortController()
      follower.connections++
      const variables = { filter: { sources: [source] }, after: cursor }
      const onFrame = (frame: Frame) => {
        if (cutter.signal.aborted) return
        cursor = frame.cursor
        follower.seen.push(frame.event.id)
      }
      await connect(installation, variables, onFrame, cutter.signal)
      if (!stopped) await delay(RETRY_MS)
    }
  }
  const running = run()
  return follower
}

/** Connects with server-sent events. */
export const overSse: Connect = ({ url, adminKey }, variables, onFrame, signal) =>
  new Promise((resolve) => {
    const req = request(`${url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${adminKey}`,
      },
    })
    const end = () => {
      req.destroy()
      resolve()
    }
    signal.addEventListener('abort', end)
    req.on('error', end)
    req.on('response', (response) => {
      response.on('error', end)
      response.on('close', end)
      createInterface({ input: response })
        .on('error', end)
        .on('line', (line) => {
          if (line.startsWith('data: {')) onFrame(frameOf(JSON.parse(line.slice('data: '.length))))
        })
    })
    req.end(JSON.stringify({ query: DOCUMENT, variables }))
  })

/** Connects with a WebSocket. */
export const overWebSocket: Connect = ({ url, adminKey }, variables, onFrame, signal) =>
  new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const end = () => {
      socket.terminate()
      resolve()
    }
    const send = (message: object) => socket.send(JSON.stringify(message))
    signal.addEventListener('abort', end)
    socket.on('error', end)
    socket.on('close', end)
    socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${adminKey}` } }))
    socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as { type: string; payload?: unknown }
      if (message.type === 'connection_ack')
        send({ id: '1', type: 'subscribe', payload: { query: DOCUMENT, variables } })
      else if (message.type === 'next') onFrame(frameOf(message.payload))
      else if (message.type !== 'ping' && message.type !== 'pong') end()
    })
  })

function frameOf(result: unknown): Frame {
  const { data, errors } = result as { data?: { events: Frame }; errors?: unknown[] }
  if (!data) throw new Error(`a follower was told ${JSON.stringify(errors)}`)
  return data.events
}
