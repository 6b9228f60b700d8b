import type { FilterValues } from '@/lib/lists/use-list-params.ts'

export interface FilterOption {
  value: string
  label: string
}

/** A filter that the bar offers: `status:dead`. */
export interface FilterDefinition {
  /** Name in the URL and in the field. */
  key: string
  label: string
  /** Other names that can be typed: `is:recovered` means `status:recovered`. */
  aliases?: readonly string[]
  /** Available values. */
  options?: readonly FilterOption[]
  /** Whether any text is allowed as a value. */
  free?: boolean
  /** Allows several values. */
  multiple?: boolean
}

export type Suggestion = { id: string; label: string; hint?: string; exact?: boolean } & (
  | { kind: 'key'; text: string }
  | { kind: 'value'; key: string; value: string }
)

const MOST = 8

/** The filter being typed, if the word starts with a filter name and a colon. */
function tokenOf(text: string, filters: readonly FilterDefinition[]) {
  const match = /(?:^|\s)([a-z-]+):([^:]*)$/i.exec(text)
  const name = match?.[1]?.toLowerCase()
  const filter = filters.find(({ key, aliases }) => key === name || (name !== undefined && aliases?.includes(name)))
  const typed = match?.[2] ?? ''
  // A value's label may contain spaces. Any other value ends at the first space.
  const isLabel = filter?.options?.some(({ label }) => contains(label, typed))
  return filter && match && (isLabel || !/\s/.test(typed)) ? { filter, typed, start: match.index } : null
}

/** The text without the filter that is being typed at its end. With `word`, its last word is always removed. */
export function withoutToken(text: string, filters: readonly FilterDefinition[] = [], word = false): string {
  const token = tokenOf(text, filters)
  if (token) return text.slice(0, token.start).trim()
  return (word ? text.replace(/\S+$/, '') : text).trim()
}

export const labelOfValue = ({ options }: FilterDefinition, value: string): string =>
  options?.find((option) => option.value === value)?.label ?? value

const contains = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase())

/**
 * Suggestions for a search text. While the value of a filter is being typed, they are values of that filter; otherwise,
 * they are the filters and values that contain the last word.
 */
export function suggestionsFor(
  text: string,
  filters: readonly FilterDefinition[],
  values: FilterValues,
): readonly Suggestion[] {
  const token = tokenOf(text, filters)
  if (token) {
    const { filter, typed } = token
    const matches = valuesOf(filter, typed, values)
    if (filter.free && typed !== '' && !matches.some(({ exact }) => exact))
      return [valueSuggestion(filter, { value: typed, label: typed }, matches.length === 0), ...matches].slice(0, MOST)
    return matches.slice(0, MOST)
  }
  const word = /\S*$/.exec(text)?.[0] ?? ''
  const keys = filters
    .filter(({ key, label }) => word === '' || key.startsWith(word.toLowerCase()) || contains(label, word))
    .map(
      (filter): Suggestion => ({
        kind: 'key',
        id: filter.key,
        label: `${filter.key}:`,
        hint:
          filter.options
            ?.slice(0, 4)
            .map(({ label }) => label.toLowerCase())
            .join(', ') || 'any text',
        text: `${text.slice(0, text.length - word.length)}${filter.key}:`,
      }),
    )
  if (word === '') return text === '' ? keys.slice(0, MOST) : []
  const matches = word.length < 2 ? [] : filters.flatMap((filter) => valuesOf(filter, word, values))
  return [...keys, ...matches.map((one) => ({ ...one, exact: false }))].slice(0, MOST)
}

function valuesOf(filter: FilterDefinition, typed: string, values: FilterValues): Suggestion[] {
  const chosen = values[filter.key] ?? []
  return (filter.options ?? [])
    .filter(({ value, label }) => !chosen.includes(value) && (contains(label, typed) || contains(value, typed)))
    .map((option) =>
      valueSuggestion(
        filter,
        option,
        [option.value, option.label].some((one) => one.toLowerCase() === typed.toLowerCase()),
      ),
    )
}

const valueSuggestion = (filter: FilterDefinition, { value, label }: FilterOption, exact: boolean): Suggestion => ({
  kind: 'value',
  id: `${filter.key} ${value}`,
  label: `${filter.key}:${label}`,
  key: filter.key,
  value,
  exact,
})

/** Whether a text is a whole id of this API: a TypeID. */
export const isId = (text: string): boolean => /^[a-z]{3,4}_[0-7][0-9a-z]{25}$/.test(text)
