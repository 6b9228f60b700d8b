'use client'

import { useEffect, useEffectEvent } from 'react'

const PAUSE_MS = 3_000

/** Tries again by itself while `waiting`: for what nobody should have to watch, such as an API that is starting. */
export function useAutoRetry(waiting: boolean, retry: () => void): void {
  const again = useEffectEvent(retry)
  useEffect(() => {
    if (!waiting) return
    const timer = setInterval(() => again(), PAUSE_MS)
    return () => clearInterval(timer)
  }, [waiting])
}
