'use client'

import { useRef, useState } from 'react'
import type { FilterValues } from '@/lib/lists/use-list-params.ts'
import { CrossIcon, PlusIcon } from '../icons.tsx'
import { Menu, MenuItem } from '../Menu.tsx'
import classes from './FilterBar.module.css'
import { FilterField } from './FilterField.tsx'
import { type FilterDefinition, labelOfValue, withoutToken } from './filter-suggestions.ts'

interface FilterBarProps {
  /** What the rows are, such as "deliveries". */
  what: string
  filters: readonly FilterDefinition[]
  values: FilterValues
  onFilter: (key: string, values: readonly string[]) => void
  /** The search text. */
  search: string
  onSearch: (text: string) => void
  /** The fields that are searched, shown as placeholder. */
  searchHint: string
  /** Called when a whole id was typed or pasted. */
  onId?: (id: string) => void
  /** Clears all filters and the text; absent if none are set. */
  onClear?: () => void
}

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
      <FilterField
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
