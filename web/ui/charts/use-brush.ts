import { type KeyboardEvent, type PointerEvent, type RefObject, useState } from 'react'

/** The first and the last selected bar. */
export type BarRange = readonly [number, number]

/**
 * Moves over the bars of a chart and selects a range of them, by dragging, or with Shift, the arrow keys and Enter.
 * `frame` must be as wide as the bars. `onSelect` gets the first and the last bar.
 */
export function useBrush(
  count: number,
  frame: RefObject<HTMLElement | null>,
  onSelect: (first: number, last: number) => void,
) {
  /** The bar under the pointer or the keyboard's cursor. */
  const [at, setAt] = useState<number | null>(null)
  /** The bar at which the selection began. */
  const [from, setFrom] = useState<number | null>(null)
  const range: BarRange | null = from !== null && at !== null ? ordered(from, at) : null

  const indexAt = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect()
    if (!box) return 0
    const part = (event.clientX - box.left) / box.width
    return Math.max(0, Math.min(count - 1, Math.floor(part * count)))
  }
  const select = (one: number, other: number) => {
    setFrom(null)
    onSelect(...ordered(one, other))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by !== 0) {
      event.preventDefault()
      const next = Math.max(0, Math.min(count - 1, (at ?? (by > 0 ? -1 : count)) + by))
      if (event.shiftKey && from === null) setFrom(at ?? next)
      if (!event.shiftKey) setFrom(null)
      setAt(next)
    } else if (event.key === 'Enter' && at !== null) select(from ?? at, at)
    else if (event.key === 'Escape') {
      if (from !== null || at !== null) event.stopPropagation()
      setFrom(null)
      setAt(null)
    }
  }
  return {
    at,
    range,
    onKeyDown,
    onBlur: () => setAt(null),
    onPointerLeave: () => from === null && setAt(null),
    onPointerMove: (event: PointerEvent) => setAt(indexAt(event)),
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      setFrom(indexAt(event))
    },
    onPointerUp: (event: PointerEvent) => {
      if (from !== null) select(from, indexAt(event))
    },
  }
}

const ordered = (one: number, other: number): BarRange => (one < other ? [one, other] : [other, one])
