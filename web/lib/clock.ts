'use client'

import { useSyncExternalStore } from 'react'

const TICK_MS = 5_000

let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** One clock for all relative times on the page. It runs only while the page shows a relative time. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    now = Date.now()
    timer = setInterval(() => {
      now = Date.now()
      for (const tell of listeners) tell()
    }, TICK_MS)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

const read = () => now

/** The server's clock does not tick. In a browser, the first render uses the time at which the scripts were loaded. */
const readOnServer = () => (typeof window === 'undefined' ? Date.now() : now)

/** The current time in milliseconds since 1970, at most 5 s old. */
export const useNow = (): number => useSyncExternalStore(subscribe, read, readOnServer)
