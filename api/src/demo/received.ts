import type { IncomingHttpHeaders } from 'node:http'
import type { Signature } from './signature.ts'

/** One request that arrived, as the page and /requests.json show it. */
export interface Received {
  /** Counted from 1 since the receiver started. */
  number: number
  at: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  signature: Signature
  /** How often this `webhook-id` had come to this path before, among those kept: a retry or a replay of the same event. */
  repeats: number
  /** "200", "503", or what was done instead of answering. */
  answered: string
}

export const KEPT = 100

/** The last requests, newest first. */
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
