'use client'

import {
  type ClipboardEvent,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
} from 'react'
import type { FilterValues } from '@/lib/lists/use-list-params.ts'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { CrossIcon, PlusIcon, SearchIcon } from '../icons.tsx'
import { Menu, MenuItem } from '../Menu.tsx'
import classes from './FilterBar.module.css'
import {
  type FilterDefinition,
  isId,
  labelOfValue,
  type Suggestion,
  suggestionsFor,
  withoutToken,
} from './filter-suggestions.ts'

interface FilterBarProps {
  /** Kind of rows, such as "deliveries". */
  what: string
  filters: readonly FilterDefinition[]
  values: FilterValues
  onFilter: (key: string, values: readonly string[]) => void
  /** The search text. */
  search: string
  onSearch: (text: string) => void
  /** The searched fields, as placeholder. */
  searchHint: string
  /** A whole id was typed or pasted. */
  onId?: (id: string) => void
  /** Clears all filters and the text; absent if there are none. */
  onClear?: () => void
}

/** Debounce of typing in milliseconds. */
const PAUSE_MS = 300

/** One bar for all filters of a list: chips for active filters, and a field that proposes filters and searches. */
export function FilterBar(props: FilterBarProps) {
  const { what, filters, values, onFilter, onClear, search } = props
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(search)
  const add = (key: string, value: string) => {
    const filter = filters.find((one) => one.key === key)
    const before = values[key] ?? []
    onFilter(key, filter?.multiple && !before.includes(value) ? [...before, value] : [value])
  }
  const chips = filters.flatMap((filter) => (values[filter.key] ?? []).map((value) => ({ filter, value })))
  return (
    <search className={classes.bar} aria-label={`Filter ${what}`}>
      {chips.map(({ filter, value }) => (
        <Chip
          key={`${filter.key} ${value}`}
          filter={filter}
          value={value}
          onChange={(next) => onFilter(filter.key, replaced(values[filter.key] ?? [], value, next))}
        />
      ))}
      <TextField
        {...props}
        {...{ field, text, setText }}
        onAdd={add}
        onRemoveLast={() => removeLast(chips, values, onFilter)}
      />
      <Menu
        label="Add a filter"
        buttonClassName={classes.add}
        button={
          <>
            <PlusIcon size={13} />
            Filter
          </>
        }
      >
        {(close) =>
          filters.map((filter) => (
            <MenuItem
              key={filter.key}
              onSelect={() => {
                close()
                setText(`${withoutToken(text, filters)} ${filter.key}:`.trimStart())
                field.current?.focus()
              }}
            >
              {filter.label}
            </MenuItem>
          ))
        }
      </Menu>
      {onClear && (
        <button type="button" className={classes.clear} onClick={onClear}>
          Clear
        </button>
      )}
    </search>
  )
}

const replaced = (values: readonly string[], value: string, next: string | null): string[] =>
  values.flatMap((one) => (one === value ? (next === null ? [] : [next]) : [one]))

function removeLast(
  chips: readonly { filter: FilterDefinition; value: string }[],
  values: FilterValues,
  onFilter: (key: string, values: readonly string[]) => void,
): void {
  const last = chips.at(-1)
  if (last) onFilter(last.filter.key, replaced(values[last.filter.key] ?? [], last.value, null))
}

interface ChipProps {
  filter: FilterDefinition
  value: string
  /** Null removes the filter. */
  onChange: (value: string | null) => void
}

function Chip({ filter, value, onChange }: ChipProps) {
  const label = labelOfValue(filter, value)
  return (
    <span className={classes.chip}>
      {filter.options && filter.options.length > 1 ? (
        <Menu
          label={`${filter.label}: ${label}. Change`}
          buttonClassName={classes.chipButton}
          button={
            <>
              <span>{filter.label}:</span> {label}
            </>
          }
        >
          {(close) =>
            filter.options?.map((option) => (
              <MenuItem
                key={option.value}
                checked={option.value === value}
                onSelect={() => {
                  close()
                  onChange(option.value)
                }}
              >
                {option.label}
              </MenuItem>
            ))
          }
        </Menu>
      ) : (
        <span className={classes.chipButton}>
          <span>{filter.label}:</span> {label}
        </span>
      )}
      <button type="button" aria-label={`Remove filter ${filter.label}: ${label}`} onClick={() => onChange(null)}>
        <CrossIcon size={12} />
      </button>
    </span>
  )
}

type TextFieldProps = Omit<FilterBarProps, 'onFilter' | 'onClear'> & {
  field: RefObject<HTMLInputElement | null>
  text: string
  setText: (text: string) => void
  onAdd: (key: string, value: string) => void
  onRemoveLast: () => void
}

/** A combobox (WAI-ARIA 1.2) for the search text, whose last word may become a filter. */
function TextField(props: TextFieldProps) {
  const { what, filters, values, search, onSearch, searchHint, onId, onAdd, onRemoveLast, field, text, setText } = props
  const listId = useId()
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  /** The text of the URL, or its pending value. */
  const lastSearch = useRef(search)
  const suggestions = open ? suggestionsFor(text, filters, values) : []

  useEffect(() => {
    if (search === lastSearch.current) return
    lastSearch.current = search
    setText(search)
  }, [search, setText])
  const pass = useEffectEvent((next: string) => {
    lastSearch.current = next
    onSearch(next)
  })
  useEffect(() => {
    const next = withoutToken(text, filters)
    if (next === lastSearch.current) return
    const timer = setTimeout(() => pass(next), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, filters])
  useShortcuts([{ keys: '/', label: `Filter ${what}`, group: 'Page', run: () => field.current?.focus() }])
  const searchNow = (next: string) => {
    lastSearch.current = next
    onSearch(next)
  }

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
    // biome-ignore lint/a11y/noStaticElementInteractions: it only notices that the focus leaves
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
      <div
        role="listbox"
        id={listId}
        aria-label="Proposed filters"
        className={classes.list}
        hidden={suggestions.length === 0}
      >
        {suggestions.map((suggestion, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the field
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the active option
          <div
            key={suggestion.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === active}
            className={classes.option}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => take(suggestion)}
          >
            <span>{suggestion.label}</span>
            {suggestion.hint && <span className={classes.hint}>{suggestion.hint}</span>}
          </div>
        ))}
      </div>
    </div>
  )
}
