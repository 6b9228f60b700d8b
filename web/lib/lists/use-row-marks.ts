import { useCallback, useState } from 'react'

const KEPT_MARKS = 400

/** The rows to highlight, each with a unique number, and a function that highlights further rows. */
export function useRowMarks(): [ReadonlyMap<string, number>, (ids: readonly string[]) => void] {
  const [marks, setMarks] = useState<ReadonlyMap<string, number>>(() => new Map())
  const mark = useCallback((ids: readonly string[]) => {
    if (ids.length === 0) return
    setMarks((before) => {
      const after = new Map(before.size > KEPT_MARKS ? [...before].slice(-KEPT_MARKS / 2) : before)
      for (const id of ids) after.set(id, (before.get(id) ?? 0) + 1)
      return after
    })
  }, [])
  return [marks, mark]
}
