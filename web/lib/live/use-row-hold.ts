'use client'

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { ListState } from './live-mark.ts'

/** A pointer that moved over the rows is on its way to one: the row should still be there on arrival. */
const POINTER_MS = 1_500

export interface RowHold {
  /** Whether rows may come and go now. */
  isFree: () => boolean
  reason: () => ListState['heldBy']
  /** The pointer is over the rows. */
  onPoint: () => void
  /** For an element right above the rows. */
  top: (element: HTMLElement | null) => void
  /** Goes to the top: the reader asked for what waits. */
  release: () => void
}

/** Whether the reader holds a list: the pointer is over its rows, they scrolled down, or rows are selected. */
export function useRowHold(selected: boolean): RowHold {
  const pointedAt = useRef(0)
  const isSelected = useRef(selected)
  useEffect(() => {
    isSelected.current = selected
  }, [selected])
  const [element, top] = useState<HTMLElement | null>(null)
  const onPoint = useCallback(() => {
    pointedAt.current = Date.now()
  }, [])
  return useMemo(() => {
    const reason = (): ListState['heldBy'] => {
      if (isSelected.current) return 'selection'
      if (isPassed(element)) return 'position'
      return Date.now() - pointedAt.current < POINTER_MS ? 'pointer' : null
    }
    return {
      reason,
      isFree: () => reason() === null,
      onPoint,
      top,
      release() {
        pointedAt.current = 0
        element?.scrollIntoView({ block: 'start' })
      },
    }
  }, [element, onPoint])
}

/** The nearest element that scrolls; null where the window does. */
export function scrollParent(element: HTMLElement): HTMLElement | null {
  for (let parent = element.parentElement; parent; parent = parent.parentElement)
    if (/auto|scroll/.test(getComputedStyle(parent).overflowY)) return parent
  return null
}

/** Whether the top of a list has been scrolled out of sight. */
export const isPassed = (top: HTMLElement | null): boolean =>
  top !== null && top.getBoundingClientRect().top < (scrollParent(top)?.getBoundingClientRect().top ?? 0) - 1
