import type Docker from 'dockerode'
import type { GetEventsOptions } from 'dockerode'
import type { Log } from '../../kit/log.ts'
import type { EngineEvent } from './endings.ts'
import { messageOf } from './engine.ts'

export interface EventStream {
  start(): void
  stop(): void
}

export interface EventListeners {
  onEvent(event: EngineEvent): void
  /**
   * Called when the stream is open for the first time or again. `engineRestarted`: the engine has lost its earlier
   * events.
   */
  onOpen(state: { engineRestarted: boolean }): void
  /** Called when the stream breaks, or cannot be opened. */
  onLost(): void
}

/**
 * The first request covers the events of the last hour, because they show how containers were stopped. The engine may
 * no longer have all of them.
 */
const EARLIER_EVENTS_MS = 3_600_000
const RETRY_MS = 500
const RETRY_MAX_MS = 5_000
const REPLAY_MS = 5_000
/** The engine sends events that happen at the same time in any order, with times that differ by less than this. */
const DISORDER_MS = 2_000
/** How many events are remembered to recognise those that come twice. The engine itself keeps 256. */
const REMEMBERED = 1_000

/**
 * The events to follow. Others, such as exec_create with every health check, are not needed. The engine keeps only its
 * last 256 events of all kinds.
 */
const ACTIONS = ['start', 'die', 'kill', 'stop', 'oom', 'destroy', 'pause', 'unpause', 'health_status']

/**
 * Follows the engine's events until `stop`. After a broken connection, first requests the events that were missed. If
 * the engine no longer has the last known event, the engine has restarted. Otherwise only the connection was broken.
 */
export function createEventStream(docker: Docker, listeners: EventListeners, log: Log): EventStream {
  const open = (since: number, more: { until?: number; abortSignal: AbortSignal }) => {
    const options: GetEventsOptions & { abortSignal: AbortSignal } = {
      since,
      filters: { type: ['container'], event: ACTIONS },
      ...more,
    }
    return docker.getEvents(options)
  }
  let stopped = new AbortController()
  /** The latest time of an event. */
  let lastNano: string | null = null
  const received = new Set<string>()

  const take = (line: string): string | null => {
    const event = parseEvent(line)
    if (!event) return null
    const key = `${event.timeNano} ${event.containerId} ${event.action}`
    if (received.has(key)) return event.timeNano
    received.add(key)
    const [oldest] = received
    if (received.size > REMEMBERED && oldest !== undefined) received.delete(oldest)
    if (lastNano === null || BigInt(event.timeNano) > BigInt(lastNano)) lastNano = event.timeNano
    listeners.onEvent(event)
    return event.timeNano
  }

  /** Requests the events since the last known one. Returns whether the engine still has that event. */
  const replay = async (): Promise<boolean> => {
    const lastKnown = lastNano
    const since = lastKnown === null ? seconds(Date.now() - EARLIER_EVENTS_MS) : sinceOf(lastKnown)
    const abortSignal = AbortSignal.any([stopped.signal, AbortSignal.timeout(REPLAY_MS)])
    let hasKnown = lastKnown === null
    const stream = await open(since, { until: seconds(Date.now() + 1_000), abortSignal })
    for await (const line of lines(stream)) hasKnown = take(line) === lastKnown || hasKnown
    return hasKnown
  }

  const follow = async () => {
    const engineRestarted = !(await replay())
    const since = lastNano === null ? seconds(Date.now()) : sinceOf(lastNano)
    const stream = await open(since, { abortSignal: stopped.signal })
    listeners.onOpen({ engineRestarted })
    for await (const line of lines(stream)) take(line)
  }

  const run = async (signal: AbortSignal) => {
    for (let failures = 0; !signal.aborted; failures++) {
      const began = performance.now()
      try {
        await follow()
      } catch (error) {
        if (signal.aborted) return
        log.debug({ reason: messageOf(error) }, "Docker's event stream was interrupted")
      }
      if (signal.aborted) return
      listeners.onLost()
      if (performance.now() - began > RETRY_MAX_MS) failures = 0
      await pause(Math.min(RETRY_MS * 2 ** failures, RETRY_MAX_MS), signal)
    }
  }

  return {
    start() {
      stopped = new AbortController()
      void run(stopped.signal)
    },
    stop() {
      stopped.abort()
    },
  }
}

export function parseEvent(line: string): EngineEvent | null {
  let event: unknown
  try {
    event = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof event !== 'object' || event === null) return null
  const { Action, Actor } = event as {
    Action?: unknown
    Actor?: { ID?: unknown; Attributes?: Record<string, unknown> }
  }
  // The value is read from the text, because it has more digits than a JavaScript number can hold.
  const timeNano = /"timeNano":(\d+)/.exec(line)?.[1]
  if (typeof Action !== 'string' || typeof Actor?.ID !== 'string' || !timeNano) return null
  const signal = Actor.Attributes?.signal
  return { containerId: Actor.ID, action: Action, signal: typeof signal === 'string' ? signal : null, timeNano }
}

/** Splits a stream into lines. */
async function* lines(stream: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of stream) {
    rest += chunk.toString()
    const parts = rest.split('\n')
    rest = parts.pop() ?? ''
    yield* parts.filter((part) => part.trim() !== '')
  }
  if (rest.trim() !== '') yield rest
}

const seconds = (ms: number) => Math.floor(ms / 1_000)
/** The time in seconds from which to request events, so that none is missed. Those that come twice are ignored. */
const sinceOf = (nano: string) => (Number(nano.slice(0, -6)) - DISORDER_MS) / 1_000

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
