/** What came while the connection was cut, as far as the page that was open can tell. */
export type Gain =
  /** So many events; `more`: and others, which were not counted. */
  | { kind: 'events'; count: number; more: boolean }
  /** The list was loaded anew. */
  | { kind: 'reloaded' }
  /** The list was loaded anew, and lacks what retention had taken meanwhile. */
  | { kind: 'pruned' }

/** How it stands with the page's one socket. Times are in milliseconds. */
export type Connection =
  /** Nothing is followed. */
  | { state: 'resting' }
  | { state: 'connecting' }
  | { state: 'live' }
  /** `since`: from when on nothing came. `retryAt`: null while an attempt is under way. */
  | { state: 'cut'; since: number; wasLive: boolean; retryAt: number | null }
  /** Connected again; what came meanwhile is being fetched. */
  | { state: 'catchingUp'; since: number; at: number }
  | { state: 'back'; since: number; at: number; gain: Gain | null }
  /** The API refuses the page as it is: trying again at once would lead to the same. */
  | { state: 'stopped'; code: number; reason: string }

export type ConnectionEvent =
  | { type: 'connecting' }
  | { type: 'connected'; at: number }
  | { type: 'closed'; at: number; code: number; reason: string }
  | { type: 'waiting'; until: number }
  | { type: 'caughtUp'; at: number; gain: Gain }
  | { type: 'tick'; at: number }

export const RESTING: Connection = { state: 'resting' }

/** Cuts that are over before are not worth a word. */
export const UNNOTICED_MS = 1_500
/** How long a page may take to say what came meanwhile. */
const CATCH_UP_MS = 15_000
/** How long it is said that the connection is back. */
const BACK_MS = 10_000

/** The next state. Events that mean nothing in a state leave it as it is. */
export function next(connection: Connection, event: ConnectionEvent): Connection {
  switch (event.type) {
    case 'connecting':
      return connection.state === 'cut' ? { ...connection, retryAt: null } : { state: 'connecting' }
    case 'waiting':
      return connection.state === 'cut' ? { ...connection, retryAt: event.until } : connection
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
    // What came since the first cut has not been fetched yet.
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
 * What a close code means for the page: codes of graphql-transport-ws (github.com/enisdenjo/graphql-ws, PROTOCOL.md) and of
 * WebSocket (RFC 6455, 7.4.1). `signedOut` is a cut that may be the end of the session. What the client of graphql-ws does
 * not try again by itself counts as stopped.
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
 * Milliseconds to wait before attempt `attempt` (from 0), for `random` in [0, 1): twice as long each time, and somewhere in
 * its upper half, so that the pages that one restart cut off do not come back all at once.
 */
export const retryDelay = (attempt: number, random: number): number =>
  Math.round(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2))
