import { type ClipboardEvent, type KeyboardEvent, type RefObject, useId, useState } from 'react'
import type { FilterValues } from '@/lib/lists/use-list-params.ts'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { SearchIcon } from '../icons.tsx'
import classes from './FilterBar.module.css'
import { type FilterDefinition, isId, type Suggestion, suggestionsFor, withoutToken } from './filter-suggestions.ts'
import { useSearchText } from './use-search-text.ts'

interface FilterFieldProps {
  /** What the rows are, such as "deliveries". */
  what: string
  filters: readonly FilterDefinition[]
  values: FilterValues
  search: string
  onSearch: (text: string) => void
  /** The fields that are searched, shown as placeholder. */
  searchHint: string
  /** Called when a whole id was typed or pasted. */
  onId?: (id: string) => void
  field: RefObject<HTMLInputElement | null>
  text: string
  setText: (text: string) => void
  onAdd: (key: string, value: string) => void
  onRemoveLast: () => void
}

/** A combobox (WAI-ARIA 1.2) for the search text. The last word may become a filter. */
export function FilterField(props: FilterFieldProps) {
  const { what, filters, values, search, onSearch, searchHint, onId, onAdd, onRemoveLast, field, text, setText } = props
  const listId = useId()
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const searchNow = useSearchText({ text, setText, search, onSearch, textOf: (typed) => withoutToken(typed, filters) })
  const suggestions = open ? suggestionsFor(text, filters, values) : []
  useShortcuts([{ keys: '/', label: `Filter ${what}`, group: 'Page', run: () => field.current?.focus() }])

  const take = (suggestion: Suggestion) => {
    setActive(-1)
    if (suggestion.kind === 'key') return setText(suggestion.text)
    setText(withoutToken(text, filters, true))
    onAdd(suggestion.key, suggestion.value)
    setOpen(false)
  }
  const whole = (value: string): boolean => {
    if (!onId || !isId(value)) return false
    setText('')
    setOpen(false)
    onId(value)
    return true
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setOpen(true)
      const next = active + (event.key === 'ArrowDown' ? 1 : -1)
      setActive(next < -1 ? suggestions.length - 1 : next >= suggestions.length ? -1 : next)
    } else if (event.key === 'Enter') {
      const chosen = suggestions[active]
      if (chosen) take(chosen)
      else if (!whole(text.trim())) {
        const only = suggestions.find(({ exact }) => exact)
        if (only) take(only)
        else searchNow(withoutToken(text, filters))
        setOpen(false)
      }
    } else if (event.key === 'Escape') {
      if (open && suggestions.length > 0) event.preventDefault()
      setOpen(false)
      setActive(-1)
    } else if (event.key === 'Backspace' && text === '') onRemoveLast()
  }
  const paste = (event: ClipboardEvent) => {
    if (text === '' && whole(event.clipboardData.getData('text').trim())) event.preventDefault()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the handler only detects that the focus leaves
    <div
      className={classes.field}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}
    >
      <SearchIcon size={14} />
      <input
        ref={field}
        role="combobox"
        type="text"
        aria-label={`Filter ${what}`}
        aria-expanded={suggestions.length > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        placeholder={searchHint}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setOpen(true)
          setActive(-1)
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={press}
        onPaste={paste}
      />
      <SuggestionList id={listId} suggestions={suggestions} active={active} onTake={take} />
    </div>
  )
}

interface SuggestionListProps {
  id: string
  suggestions: readonly Suggestion[]
  /** The index of the highlighted suggestion; -1 for none. */
  active: number
  onTake: (suggestion: Suggestion) => void
}

function SuggestionList({ id, suggestions, active, onTake }: SuggestionListProps) {
  return (
    <div
      role="listbox"
      id={id}
      aria-label="Proposed filters"
      className={classes.list}
      hidden={suggestions.length === 0}
    >
      {suggestions.map((suggestion, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
        // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the active option
        <div
          key={suggestion.id}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          className={classes.option}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(suggestion)}
        >
          <span>{suggestion.label}</span>
          {suggestion.hint && <span className={classes.hint}>{suggestion.hint}</span>}
        </div>
      ))}
    </div>
  )
}
