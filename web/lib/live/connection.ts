/** The number of changes that the page missed while disconnected, as far as known. */
export type Gain =
  /** Number of missed events; `more` if others were not counted. */
  | { kind: 'events'; count: number; more: boolean }
  /** The list was loaded again. */
  | { kind: 'reloaded' }
  /** The list was reloaded; retention had removed some missed rows. */
  | { kind: 'pruned' }

/** State of the page's socket. Times are milliseconds since 1970. */
export type Connection =
  /** No subscriptions. */
  | { state: 'resting' }
  | { state: 'connecting' }
  | { state: 'live' }
  /** The socket is open, but the API has not answered a ping. `since`: when the ping was sent. */
  | { state: 'silent'; since: number }
  /** `since`: when the connection was lost. `retryAt`: null during an attempt. */
  | { state: 'cut'; since: number; wasLive: boolean; retryAt: number | null }
  /** Reconnected; missed rows are being fetched. */
  | { state: 'catchingUp'; since: number; at: number }
  | { state: 'back'; since: number; at: number; gain: Gain | null }
  /** The API refuses this page; an immediate attempt would be refused again. */
  | { state: 'stopped'; code: number; reason: string }

export type ConnectionEvent =
  | { type: 'connecting' }
  /** A ping has waited too long for its pong. */
  | { type: 'silent'; since: number }
  /** The API answered a ping. */
  | { type: 'heard' }
  | { type: 'connected'; at: number }
  | { type: 'closed'; at: number; code: number; reason: string }
  | { type: 'waiting'; until: number }
  | { type: 'caughtUp'; at: number; gain: Gain }
  | { type: 'tick'; at: number }

export const RESTING: Connection = { state: 'resting' }

/** Shorter interruptions are not reported. */
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
    // Rows missed since the first interruption have not been fetched yet.
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
 * Interprets a close code: graphql-transport-ws (github.com/enisdenjo/graphql-ws, PROTOCOL.md) and WebSocket (RFC
 * 6455, 7.4.1). `signedOut` may mean the end of the session. Codes after which the graphql-ws client does not
 * reconnect count as stopped.
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
 * Milliseconds before attempt `attempt` (from 0) for `random` in [0, 1): exponential backoff with jitter in the upper
 * half, so that pages do not all reconnect at once after a restart.
 */
export const retryDelay = (attempt: number, random: number): number =>
  Math.round(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2))
