'use client'

import { useSyncExternalStore } from 'react'
import { exactTime, relativeTime } from '@/lib/time.ts'

const TICK_MS = 5_000

let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** One clock for every time on the page; it runs only while one is shown. */
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

/** "3m ago", growing older by itself, with the exact instant as its title. */
export function RelativeTime({ at }: { at: string }) {
  const seen = useSyncExternalStore(
    subscribe,
    () => now,
    () => now,
  )
  const time = Date.parse(at)
  // The last tick may lie before what has just arrived, which would then seem to come from the future.
  const text = relativeTime(time, time > seen ? Date.now() : seen)
  return (
    <time dateTime={at} title={exactTime(at)} suppressHydrationWarning>
      {text}
    </time>
  )
}
