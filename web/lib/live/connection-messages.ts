import { span } from '../time.ts'
import { type Connection, type Gain, UNNOTICED_MS } from './connection.ts'

/** What is said of a connection. */
export interface Saying {
  tone: 'yellow' | 'teal' | 'red'
  /** Said once, also to those who listen. */
  text: string
  /** Changes as time passes. */
  passing?: string
  /** What the button that tries again is called; without it there is none. */
  retry?: string
}

const number = new Intl.NumberFormat('en')

/** What to say of a connection at `now`; null: nothing, all is well or will be in a moment. */
export function sayingOf(connection: Connection, now: number): Saying | null {
  switch (connection.state) {
    case 'cut': {
      const { since, wasLive, retryAt } = connection
      if (now - since < UNNOTICED_MS) return null
      const wait = retryAt === null ? 0 : retryAt - now
      const next = wait >= 1_000 ? `Trying again in ${span(wait)}.` : 'Trying again…'
      return wasLive
        ? { tone: 'yellow', text: 'Connection lost', passing: ` ${span(now - since)} ago. ${next}`, retry: 'Retry now' }
        : {
            tone: 'yellow',
            text: 'No live connection: what is shown does not change by itself.',
            passing: ` ${next}`,
            retry: 'Retry now',
          }
    }
    case 'stopped': {
      const why = connection.reason || 'the server refused the connection'
      return {
        tone: 'red',
        text: `Live updates stopped: ${why} (${connection.code}). They are tried again each minute.`,
        retry: 'Try now',
      }
    }
    case 'catchingUp':
      return { tone: 'teal', text: 'Connected again. Catching up…' }
    case 'back':
      return { tone: 'teal', text: `Back after ${span(connection.at - connection.since)}${came(connection.gain)}` }
    default:
      return null
  }
}

function came(gain: Gain | null): string {
  switch (gain?.kind) {
    case 'events':
      if (gain.more) return `: more than ${number.format(gain.count)} events came meanwhile. The newest are shown.`
      if (gain.count === 0) return ': nothing came meanwhile.'
      return `: ${number.format(gain.count)} ${gain.count === 1 ? 'event' : 'events'} came meanwhile.`
    case 'reloaded':
      return '. The list is up to date again.'
    case 'pruned':
      return '. Some of the events that came meanwhile are not kept any more. The newest are shown.'
    default:
      return '.'
  }
}
