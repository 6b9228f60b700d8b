'use client'

import { useEffect, useRef, useState } from 'react'

const PAUSE_MS = 300

/**
 * The text of a field whose value lives elsewhere (the URL): passed on when the typing pauses, and replaced when the value
 * changes from outside (Back, a cleared filter). `onChange` has to be stable.
 */
export function useTypedText(value: string, onChange: (value: string) => void) {
  const [text, setText] = useState(value)
  const known = useRef(value)
  useEffect(() => {
    if (value === known.current) return
    known.current = value
    setText(value)
  }, [value])
  useEffect(() => {
    const trimmed = text.trim()
    if (trimmed === known.current) return
    const timer = setTimeout(() => {
      known.current = trimmed
      onChange(trimmed)
    }, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, onChange])
  return [text, setText] as const
}
