import type { Client, ClientOptions } from 'graphql-ws'
import { type Connection, endOf, type Gain, next, RESTING } from './connection.ts'
import { createRetryWait } from './retry-wait.ts'
import { createSilenceTimer } from './silence-timer.ts'

/**
 * Ping interval. If the API hangs, a page appears live for at most this time plus SILENT_MS of silence-timer.ts: 4.5 s.
 */
const PING_MS = 2_000
/** How long the socket stays open without subscriptions, as between two pages. */
const IDLE_MS = 5_000
/** Delay before a retry after the API refused the page. The cause (another version, a limit) may disappear. */
const STOPPED_MS = 60_000
const TICK_MS = 1_000

/** A subscriber that is notified about the socket. */
export interface Follower {
  /** The connection is lost. */
  cut(): void
  /** Subscribe again. The socket connects by itself. */
  again(): void
}

/** The only socket of a page. All tabs share the six connections that a browser opens to a site over HTTP/1.1. */
export interface LiveSocket {
  /** The client of graphql-ws. It is loaded with the first subscription, because the page does not need it to start. */
  client(): Promise<Client>
  connection(): Connection
  onChange(listener: () => void): () => void
  onCut(follower: Follower): () => void
  /** Reconnects immediately instead of waiting for the next attempt. */
  retry(): void
  /** Reports what was missed while the connection was cut. */
  caughtUp(gain: Gain): void
}

interface Options {
  url: string
  /**
   * The socket could not be opened. A request must find out whether the session has expired or the API is unavailable.
   */
  onUnopened: () => void
  onSignedOut: () => void
}

/** A graphql-transport-ws client that connects while there are subscriptions and reconnects after failures. */
export function createLiveSocket({ url, onUnopened, onSignedOut }: Options): LiveSocket {
  let connection = RESTING
  let opened = false
  let ticks: ReturnType<typeof setInterval> | undefined
  let resuming: ReturnType<typeof setTimeout> | undefined
  let loading: Promise<Client> | null = null
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
  const terminate = () => void loading?.then((loaded) => loaded.terminate())
  const silence = createSilenceTimer({
    onSilent: (since) => dispatch({ type: 'silent', since }),
    // The other side of a silent socket may never close the connection.
    onGivenUp: terminate,
  })
  const retryWait = createRetryWait((until) => dispatch({ type: 'waiting', until }))
  const again = () => {
    clearTimeout(resuming)
    for (const follower of followers) follower.again()
  }

  const options: ClientOptions = {
    url,
    lazy: true,
    lazyCloseTimeout: IDLE_MS,
    keepAlive: PING_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    // A socket is closed when its token expires. By then, the session may have a renewed token.
    shouldRetry: (event) => !(event instanceof CloseEvent) || ['cut', 'signedOut'].includes(endOf(event.code)),
    retryWait: retryWait.wait,
    on: {
      connecting: () => {
        opened = false
        silence.connecting()
        dispatch({ type: 'connecting' })
      },
      opened: () => {
        opened = true
      },
      connected: () => {
        silence.connected()
        dispatch({ type: 'connected', at: Date.now() })
      },
      ping: (received) => {
        if (!received) silence.pinged()
      },
      // Any message proves that the API responds.
      message: () => {
        silence.stop()
        dispatch({ type: 'heard' })
      },
      closed: (event) => {
        silence.stop()
        const { code, reason } = closeOf(event)
        dispatch({ type: 'closed', at: Date.now(), code, reason })
        // The error event precedes the close event and may already have started the wait for the next attempt.
        if (retryWait.until !== null) dispatch({ type: 'waiting', until: retryWait.until })
        const end = endOf(code)
        if (end === 'done') return
        for (const follower of followers) follower.cut()
        if (end === 'signedOut') onSignedOut()
        else if (!opened) onUnopened()
        // Deferred until the client has handled this close.
        clearTimeout(resuming)
        resuming = setTimeout(again, end === 'stopped' ? STOPPED_MS : 0)
      },
    },
  }
  const client = () => {
    loading ??= import('graphql-ws')
      .then(({ createClient }) => createClient(options))
      .catch((error: unknown) => {
        loading = null
        throw error
      })
    return loading
  }

  const retry = () => {
    if (connection.state === 'stopped') again()
    else retryWait.end()
  }
  window.addEventListener('online', retry)
  // When the network is lost, the socket is closed at once: a new connection shows whether the API can be reached, and
  // that takes less time than the ping timeout.
  window.addEventListener('offline', terminate)
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
