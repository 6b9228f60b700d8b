'use client'

import { useEffect, useEffectEvent } from 'react'

const PAUSE_MS = 3_000

/** Calls `retry` repeatedly while `waiting` is true, for example while the API starts. */
export function useAutoRetry(waiting: boolean, retry: () => void): void {
  const again = useEffectEvent(retry)
  useEffect(() => {
    if (!waiting) return
    const timer = setInterval(() => again(), PAUSE_MS)
    return () => clearInterval(timer)
  }, [waiting])
}
