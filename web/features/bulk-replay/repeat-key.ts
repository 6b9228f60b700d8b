'use client'

import { useRef } from 'react'

/** Returns an idempotency key for each input, so that sending the same start request twice starts one bulk replay. */
export function useRepeatKey(): (input: string) => string {
  const last = useRef({ input: '', key: '' })
  return (input) => {
    if (last.current.input !== input) last.current = { input, key: newKey() }
    return last.current.key
  }
}

/** A random key. crypto.randomUUID is not available on pages loaded over plain http. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-')
