'use client'

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { ListState } from '../live/live-mark.ts'

/** A moving pointer is probably on its way to a row, so the rows keep their places this long after it moved. */
export const POINTER_MS = 1_500

export interface RowHold {
  /** Whether rows may be added and removed now. */
  isFree: () => boolean
  reason: () => ListState['heldBy']
  /** To be called while the pointer is over the rows. */
  onPoint: () => void
  /** Ref for an element right above the rows. */
  top: (element: HTMLElement | null) => void
  /** Scrolls to the top, because the user asked for the waiting rows. */
  release: () => void
}

/** Whether the user holds the list: the pointer is over its rows, the list is scrolled down, or rows are selected. */
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

/** The nearest scrolling ancestor of an element; null for the window. */
export function scrollParent(element: HTMLElement): HTMLElement | null {
  for (let parent = element.parentElement; parent; parent = parent.parentElement)
    if (/auto|scroll/.test(getComputedStyle(parent).overflowY)) return parent
  return null
}

/** Whether the list is scrolled down, so that its top is out of sight. */
export const isPassed = (top: HTMLElement | null): boolean =>
  top !== null && top.getBoundingClientRect().top < (scrollParent(top)?.getBoundingClientRect().top ?? 0) - 1
