import type { IncomingHttpHeaders } from 'node:http'
import type { Signature } from './signature.ts'

/** A received request, as the page and /requests.json show it. */
export interface Received {
  /** The number of the request since the receiver started, from 1. */
  number: number
  at: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  signature: Signature
  /**
   * How many of the stored earlier requests to this path have the same `webhook-id`: they were retries or replays of
   * the same event.
   */
  repeats: number
  /** "200", "503", or what the receiver did instead of answering. */
  answered: string
}

export const KEPT = 100

/** Keeps the latest requests, newest first. */
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
