'use client'

import { useSyncExternalStore } from 'react'

const TICK_MS = 5_000

let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** One clock for all relative times on the page. It runs only while one is shown. */
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

/** The server has no clock. A browser first renders with the time at which its scripts were loaded. */
const readOnServer = () => (typeof window === 'undefined' ? Date.now() : now)

/** The time in milliseconds, at most 5 s old. */
export const useNow = (): number => useSyncExternalStore(subscribe, read, readOnServer)
