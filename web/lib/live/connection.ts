/** What the page missed while it was disconnected, as far as known. */
export type Gain =
  /** Number of missed events. `more`: there were more events, which were not counted. */
  | { kind: 'events'; count: number; more: boolean }
  /** The list was reloaded. */
  | { kind: 'reloaded' }
  /** The list was reloaded, but retention had already deleted some of the missed rows. */
  | { kind: 'pruned' }

/** State of the page's socket. Times are milliseconds since 1970. */
export type Connection =
  /** There are no subscriptions, so no socket is needed. */
  | { state: 'resting' }
  | { state: 'connecting' }
  | { state: 'live' }
  /** The socket is open, but the API has not answered a ping. `since`: when the ping was sent. */
  | { state: 'silent'; since: number }
  /** `since`: when the connection was lost. `retryAt`: when the next attempt begins; null during an attempt. */
  | { state: 'cut'; since: number; wasLive: boolean; retryAt: number | null }
  /** Reconnected; missed rows are being fetched. */
  | { state: 'catchingUp'; since: number; at: number }
  | { state: 'back'; since: number; at: number; gain: Gain | null }
  /** The API refuses this page. An immediate attempt to reconnect would also be refused. */
  | { state: 'stopped'; code: number; reason: string }

export type ConnectionEvent =
  | { type: 'connecting' }
  /** The API has not answered a ping in time. */
  | { type: 'silent'; since: number }
  /** The API answered a ping. */
  | { type: 'heard' }
  | { type: 'connected'; at: number }
  | { type: 'closed'; at: number; code: number; reason: string }
  | { type: 'waiting'; until: number }
  | { type: 'caughtUp'; at: number; gain: Gain }
  | { type: 'tick'; at: number }

export const RESTING: Connection = { state: 'resting' }

/** Interruptions shorter than this are not reported. */
export const UNNOTICED_MS = 1_500
/** Time limit for finding out what was missed. */
const CATCH_UP_MS = 15_000
/** How long the "reconnected" message is shown. */
const BACK_MS = 10_000

/** The next state. Events that do not apply leave the state unchanged. */
export function next(connection: Connection, event: ConnectionEvent): Connection {
  switch (event.type) {
    case 'connecting':
      return connection.state === 'cut' ? { ...connection, retryAt: null } : { state: 'connecting' }
    case 'waiting':
      return connection.state === 'cut' ? { ...connection, retryAt: event.until } : connection
    case 'silent':
      return isOpen(connection) ? { state: 'silent', since: event.since } : connection
    case 'heard':
      return connection.state === 'silent' ? { state: 'live' } : connection
    case 'connected':
      return connected(connection, event.at)
    case 'closed':
      return closed(connection, event)
    case 'caughtUp':
      return connection.state === 'catchingUp'
        ? { ...connection, state: 'back', at: event.at, gain: event.gain }
        : connection
    case 'tick':
      if (connection.state === 'catchingUp' && event.at - connection.at >= CATCH_UP_MS)
        return { ...connection, state: 'back', at: event.at, gain: null }
      return connection.state === 'back' && event.at - connection.at >= BACK_MS ? { state: 'live' } : connection
  }
}

/** Whether the socket is open and the API answers on it. */
export const isOpen = ({ state }: Connection): boolean => state === 'live' || state === 'catchingUp' || state === 'back'

function connected(connection: Connection, at: number): Connection {
  if (connection.state !== 'cut' || !connection.wasLive) return { state: 'live' }
  const { since } = connection
  return at - since < UNNOTICED_MS ? { state: 'live' } : { state: 'catchingUp', since, at }
}

function closed(
  connection: Connection,
  { at, code, reason }: Extract<ConnectionEvent, { type: 'closed' }>,
): Connection {
  const end = endOf(code)
  if (end === 'done') return RESTING
  if (end === 'stopped') return { state: 'stopped', code, reason }
  switch (connection.state) {
    case 'cut':
      return connection
    case 'silent':
      return { state: 'cut', since: connection.since, wasLive: true, retryAt: null }
    // Rows missed since the first interruption have not been loaded yet, so `since` stays the same.
    case 'catchingUp':
      return { state: 'cut', since: connection.since, wasLive: true, retryAt: null }
    case 'live':
    case 'back':
      return { state: 'cut', since: at, wasLive: true, retryAt: null }
    default:
      return { state: 'cut', since: at, wasLive: false, retryAt: null }
  }
}

/**
 * Interprets a close code of graphql-transport-ws (github.com/enisdenjo/graphql-ws, PROTOCOL.md) or WebSocket (RFC
 * 6455, 7.4.1). `signedOut`: the session may have ended. `stopped` includes all codes after which the graphql-ws client
 * does not reconnect.
 */
export function endOf(code: number): 'done' | 'signedOut' | 'stopped' | 'cut' {
  if (code === 1000) return 'done'
  if (code === 4403) return 'signedOut'
  if (code >= 1000 && code <= 1999) return [1001, 1005, 1006, 1012, 1013, 1014].includes(code) ? 'cut' : 'stopped'
  return [4400, 4401, 4004, 4005, 4406, 4409, 4429, 4500].includes(code) ? 'stopped' : 'cut'
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 15_000

/**
 * Milliseconds to wait before attempt `attempt` (from 0), for a `random` number in [0, 1). This is exponential backoff
 * with jitter in the upper half, so that pages do not all reconnect at the same time after a restart.
 */
export const retryDelay = (attempt: number, random: number): number =>
  Math.round(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2))
