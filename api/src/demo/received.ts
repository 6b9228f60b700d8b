import type { IncomingHttpHeaders } from 'node:http'
import type { Signature } from './signature.ts'

/** A received request as shown by the page and /requests.json. */
export interface Received {
  /** Number since the start of the receiver, from 1. */
  number: number
  at: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  signature: Signature
  /**
   * Number of earlier requests to this path with this `webhook-id` among the stored ones: retries or replays of the
   * same event.
   */
  repeats: number
  /** "200", "503", or the action taken instead of a response. */
  answered: string
}

export const KEPT = 100

/** The latest requests, newest first. */
export interface ReceivedLog {
  add(entry: Omit<Received, 'number' | 'repeats'>): Received
  list(): readonly Received[]
  clear(): void
}

export function createReceivedLog(): ReceivedLog {
  let entries: Received[] = []
  let number = 0
  return {
    add(entry) {
      const id = entry.headers['webhook-id']
      const repeats =
        id === undefined ? 0 : entries.filter((e) => e.path === entry.path && e.headers['webhook-id'] === id).length
      number += 1
      const received = { ...entry, number, repeats }
      entries = [received, ...entries.slice(0, KEPT - 1)]
      return received
    },
    list: () => entries,
    clear() {
      entries = []
    },
  }
}
