import { span } from '../format/time.ts'
import { type Connection, isOpen } from './connection.ts'

/** Freshness of the page's list. Times are milliseconds since 1970. */
export interface ListState {
  /** `live`: changes arrive by subscription. `poll`: the list is reloaded every 15 s. */
  mode: 'live' | 'poll'
  paused: boolean
  /** Why rows wait although the user has not paused the list. */
  heldBy: 'pointer' | 'selection' | 'position' | null
  /** Number of waiting rows. */
  waiting: number
  /** Whether updates of the list have ended. The problem is shown above the list. */
  stopped: boolean
  loadedAt: number | null
}

export interface LiveMark {
  tone: 'live' | 'held' | 'off' | 'none'
  text: string
  /** Explanation, shown as a tooltip. */
  title: string
}

const HELD_BY = {
  pointer: 'the pointer is over the rows',
  selection: 'rows are selected',
  position: 'you scrolled down',
}

/**
 * The freshness indicator. It is green only if the page shows the API's current state: the page is connected, the API
 * answers, and no rows wait. `slow`: since when a request has been unanswered.
 */
export function liveMark(connection: Connection, slow: number | null, list: ListState | null, now: number): LiveMark {
  if (connection.state === 'silent' || slow !== null) {
    const since = Math.min(slow ?? now, connection.state === 'silent' ? connection.since : now)
    return {
      tone: 'off',
      text: `No answer for ${span(now - since)}`,
      title: 'The API does not answer. The page shows the last known state.',
    }
  }
  if (connection.state === 'cut')
    return {
      tone: 'off',
      text: `Not live for ${span(now - connection.since)}`,
      title: 'The connection to the API is lost.',
    }
  if (connection.state === 'stopped')
    return {
      tone: 'off',
      text: 'Not live',
      title: `The API refuses live updates: ${connection.reason || connection.code}.`,
    }
  if (!list) return isOpen(connection) ? LIVE : CONNECTING
  if (list.paused) return { tone: 'held', text: 'Paused by you', title: 'Press p to resume.' }
  if (list.heldBy && list.waiting > 0)
    return {
      tone: 'held',
      text: 'Paused by you',
      title: `${list.waiting === 1 ? 'A row waits' : `${list.waiting} rows wait`} because ${HELD_BY[list.heldBy]}.`,
    }
  if (list.stopped) return { tone: 'off', text: 'Not live', title: 'The list is not updated.' }
  if (list.mode === 'poll') return { tone: 'none', text: 'Every 15 s', title: 'The list reloads every 15 s.' }
  return isOpen(connection) ? LIVE : CONNECTING
}

const LIVE: LiveMark = { tone: 'live', text: 'Live', title: 'Changes appear as they happen.' }
const CONNECTING: LiveMark = { tone: 'none', text: 'Connecting…', title: 'Live updates begin in a moment.' }
