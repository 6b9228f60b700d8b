import { span } from '../format/time.ts'
import { type Connection, type Gain, UNNOTICED_MS } from './connection.ts'

/** A message about the connection, shown in a banner. */
export interface ConnectionMessage {
  tone: 'warn' | 'good' | 'bad'
  /** The part that screen readers announce once. */
  text: string
  /** The part that changes as time passes. */
  passing?: string
  /** Label of the retry button; undefined for no button. */
  retry?: string
}

const number = new Intl.NumberFormat('en')

/**
 * The message at the time `now`; null while connected. `slow`: since when a request has been unanswered, in
 * milliseconds.
 */
export function connectionMessage(connection: Connection, slow: number | null, now: number): ConnectionMessage | null {
  if (connection.state === 'cut') return cutMessage(connection, now)
  const silent = connection.state === 'silent' ? connection.since : null
  if (silent !== null || slow !== null)
    return {
      tone: 'bad',
      text: 'The API does not answer.',
      passing: ` Waiting for ${span(now - Math.min(silent ?? now, slow ?? now))}.`,
    }
  switch (connection.state) {
    case 'stopped': {
      const why = connection.reason || 'the server refused the connection'
      return {
        tone: 'bad',
        text: `Live updates stopped: ${why} (${connection.code}). Retrying every minute.`,
        retry: 'Try now',
      }
    }
    case 'catchingUp':
      return { tone: 'good', text: 'Connected again. Catching up…' }
    case 'back':
      return { tone: 'good', text: `Back after ${span(connection.at - connection.since)}${gainText(connection.gain)}` }
    default:
      return null
  }
}

function cutMessage(
  { since, wasLive, retryAt }: Extract<Connection, { state: 'cut' }>,
  now: number,
): ConnectionMessage | null {
  if (now - since < UNNOTICED_MS) return null
  const wait = retryAt === null ? 0 : retryAt - now
  const next = wait >= 1_000 ? `Retrying in ${span(wait)}.` : 'Trying again…'
  return wasLive
    ? { tone: 'bad', text: 'Connection lost', passing: ` ${span(now - since)} ago. ${next}`, retry: 'Retry now' }
    : {
        tone: 'warn',
        text: 'No live connection: the page does not update by itself.',
        passing: ` ${next}`,
        retry: 'Retry now',
      }
}

function gainText(gain: Gain | null): string {
  switch (gain?.kind) {
    case 'events':
      if (gain.more) return `: more than ${number.format(gain.count)} events arrived meanwhile. The newest are shown.`
      if (gain.count === 0) return ': nothing arrived meanwhile.'
      return `: ${number.format(gain.count)} ${gain.count === 1 ? 'event' : 'events'} arrived meanwhile.`
    case 'reloaded':
      return '. The list is up to date again.'
    case 'pruned':
      return '. Some of the missed events are no longer stored. The newest are shown.'
    default:
      return '.'
  }
}
