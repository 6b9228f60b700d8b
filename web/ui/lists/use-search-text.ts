import { useEffect, useEffectEvent, useRef } from 'react'

/** How long typing must pause before the search starts, in milliseconds. */
const PAUSE_MS = 300

interface SearchText {
  /** What the field contains. */
  text: string
  setText: (text: string) => void
  /** The search text in the URL. */
  search: string
  onSearch: (text: string) => void
  /** The part of the field's text that is searched for. */
  textOf: (text: string) => string
}

/**
 * Keeps a field and the search text in the URL in sync: typing changes the URL after a pause, and navigation changes
 * the field. Returns a function that searches immediately.
 */
export function useSearchText({ text, setText, search, onSearch, textOf }: SearchText): (next: string) => void {
  /** The search text in the URL, or the one that will be there after the pause. */
  const lastSearch = useRef(search)
  useEffect(() => {
    if (search === lastSearch.current) return
    lastSearch.current = search
    setText(search)
  }, [search, setText])
  const searchNow = (next: string) => {
    lastSearch.current = next
    onSearch(next)
  }
  const pass = useEffectEvent(searchNow)
  const next = textOf(text)
  useEffect(() => {
    if (next === lastSearch.current) return
    const timer = setTimeout(() => pass(next), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [next])
  return searchNow
}
