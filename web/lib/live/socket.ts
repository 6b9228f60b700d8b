import { type Client, createClient } from 'graphql-ws'
import { type Connection, endOf, type Gain, next, RESTING, retryDelay } from './connection.ts'

/** A socket on which nothing came for so long is asked whether it is still there. */
const PING_MS = 10_000
/** How long it may take to answer that, and to become one. */
const PATIENCE_MS = 10_000
/** It rests between the pages of a visit, rather than to connect again for each. */
const IDLE_MS = 5_000
/** What stopped it may be over by then: a new version, a limit. */
const STOPPED_MS = 60_000
const TICK_MS = 1_000

/** What follows something over the socket. */
export interface Follower {
  /** Nothing comes any more. */
  cut(): void
  /** Time to subscribe again; the socket connects by itself. */
  again(): void
}

/** The page's one socket: browsers have room for six connections to a site over HTTP/1.1, all its tabs together. */
export interface LiveSocket {
  readonly client: Client
  connection(): Connection
  onChange(listener: () => void): () => void
  onCut(follower: Follower): () => void
  /** Tries again at once, instead of when the wait is over. */
  retry(): void
  /** Says what came while it was cut. */
  caughtUp(gain: Gain): void
}

interface Options {
  url: string
  /** It could not even be opened: whether the session is over or the API is away only a request can tell. */
  onUnopened: () => void
  onSignedOut: () => void
}

/** A client of graphql-transport-ws that connects while something is followed, and again until it is connected. */
export function createLiveSocket({ url, onUnopened, onSignedOut }: Options): LiveSocket {
  let connection = RESTING
  let opened = false
  /** Ends the wait for the next attempt. */
  let wake: (() => void) | undefined
  let retryAt: number | null = null
  let patience: ReturnType<typeof setTimeout> | undefined
  let ticks: ReturnType<typeof setInterval> | undefined
  let resuming: ReturnType<typeof setTimeout> | undefined
  const listeners = new Set<() => void>()
  const followers = new Set<Follower>()

  const dispatch = (event: Parameters<typeof next>[1]) => {
    const before = connection
    connection = next(before, event)
    if (connection === before) return
    const passes = connection.state === 'catchingUp' || connection.state === 'back'
    if (!passes) clearInterval(ticks)
    if (passes && before.state !== 'catchingUp' && before.state !== 'back')
      ticks = setInterval(() => dispatch({ type: 'tick', at: Date.now() }), TICK_MS)
    for (const listener of listeners) listener()
  }
  /** Gives up what takes too long: a socket that hangs is not closed by anybody. */
  const expect = () => {
    clearTimeout(patience)
    patience = setTimeout(() => client.terminate(), PATIENCE_MS)
  }
  const again = () => {
    clearTimeout(resuming)
    for (const follower of followers) follower.again()
  }

  const client = createClient({
    url,
    lazy: true,
    lazyCloseTimeout: IDLE_MS,
    keepAlive: PING_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    // A socket ends with the token that it was opened with, which the session may have renewed since.
    shouldRetry: (event) => !(event instanceof CloseEvent) || ['cut', 'signedOut'].includes(endOf(event.code)),
    retryWait: (attempt) =>
      new Promise((resolve) => {
        const ms = retryDelay(attempt, Math.random())
        const timer = setTimeout(() => wake?.(), ms)
        wake = () => {
          clearTimeout(timer)
          wake = undefined
          retryAt = null
          resolve()
        }
        retryAt = Date.now() + ms
        dispatch({ type: 'waiting', until: retryAt })
      }),
    on: {
      connecting: () => {
        opened = false
        expect()
        dispatch({ type: 'connecting' })
      },
      opened: () => {
        opened = true
      },
      connected: () => {
        clearTimeout(patience)
        dispatch({ type: 'connected', at: Date.now() })
      },
      ping: (received) => {
        if (!received) expect()
      },
      pong: (received) => {
        if (received) clearTimeout(patience)
      },
      closed: (event) => {
        clearTimeout(patience)
        const { code, reason } = closeOf(event)
        dispatch({ type: 'closed', at: Date.now(), code, reason })
        // The wait for the next attempt may have begun with the error that comes before the close.
        if (retryAt !== null) dispatch({ type: 'waiting', until: retryAt })
        const end = endOf(code)
        if (end === 'done') return
        for (const follower of followers) follower.cut()
        if (end === 'signedOut') onSignedOut()
        else if (!opened) onUnopened()
        // Not before the client is done with this close.
        clearTimeout(resuming)
        resuming = setTimeout(again, end === 'stopped' ? STOPPED_MS : 0)
      },
    },
  })

  const retry = () => {
    if (connection.state === 'stopped') again()
    else wake?.()
  }
  window.addEventListener('online', retry)
  // What is left of a socket then, an attempt shows faster than its silence would.
  window.addEventListener('offline', () => client.terminate())
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && retry())

  return {
    client,
    connection: () => connection,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onCut(follower) {
      followers.add(follower)
      return () => followers.delete(follower)
    },
    retry,
    caughtUp: (gain) => dispatch({ type: 'caughtUp', at: Date.now(), gain }),
  }
}

const closeOf = (event: unknown): { code: number; reason: string } =>
  typeof event === 'object' && event !== null && 'code' in event && typeof event.code === 'number'
    ? { code: event.code, reason: 'reason' in event && typeof event.reason === 'string' ? event.reason : '' }
    : { code: 1006, reason: '' }
