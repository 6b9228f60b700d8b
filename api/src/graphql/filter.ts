import type { InputIssue } from '../kit/errors.ts'
import { globProblem, globToLike } from '../kit/globs.ts'
import { type TimeWindow, windowMs } from './types/enums.ts'

const MAX_VALUES = 200
const MAX_SEARCH = 200

/** Globs that match names, split into exact names and LIKE patterns. */
export interface NamePatterns {
  exact: readonly string[]
  like: readonly string[]
}

/** In milliseconds. `since` is inclusive, `until` is exclusive. */
export interface TimeSpan {
  since: number | null
  until: number | null
}

/**
 * Reads the filter fields that several lists have. A field that is null, absent or empty does not restrict the result.
 * Problems are added to `issues` with paths below `path`, so that one response contains all of them.
 */
export function createFilterReader(path: readonly string[]) {
  const issues: InputIssue[] = []
  const wrong = (field: readonly string[], message: string) => issues.push({ path: [...path, ...field], message })

  const listed = <Value>(field: string, values: readonly Value[] | null | undefined) => {
    if (!values || values.length === 0) return null
    if (values.length > MAX_VALUES) wrong([field], `has ${values.length} values; expected at most ${MAX_VALUES}`)
    return values.slice(0, MAX_VALUES)
  }
  const text = (field: string, value: string | null | undefined) => {
    if (value?.includes('\0')) wrong([field], 'has a NUL character')
    return value || null
  }

  return {
    issues,
    wrong,
    listed,
    text,
    search(input: string | null | undefined) {
      const search = text('search', input?.trim())
      if (search && search.length > MAX_SEARCH)
        wrong(['search'], `has ${search.length} characters; expected at most ${MAX_SEARCH}`)
      return search
    },
    names(field: string, values: readonly string[] | null | undefined): NamePatterns | null {
      const globs = listed(field, values)
      for (const [i, glob] of globs?.entries() ?? []) {
        const problem = globProblem(glob)
        if (problem) wrong([field, String(i)], `${JSON.stringify(glob.slice(0, 80))} ${problem}`)
      }
      return (
        globs && {
          exact: globs.filter((glob) => !glob.includes('*')),
          like: globs.filter((glob) => glob.includes('*')).map(globToLike),
        }
      )
    },
    /** The time range of a filter. If both window and `since` are given, the later start is used. */
    span(
      { window, since, until }: { window?: TimeWindow | null; since?: Date | null; until?: Date | null },
      now: number,
    ): TimeSpan {
      const span = window ? windowMs(window) : null
      const starts = [since?.getTime(), span === null ? undefined : now - span].filter((at) => at !== undefined)
      return { since: starts.length > 0 ? Math.max(...starts) : null, until: until?.getTime() ?? null }
    },
  }
}

/** The condition that a column matches one of the names. `value` adds a parameter and returns its placeholder. */
export function nameCondition(
  column: string,
  { exact, like }: NamePatterns,
  value: (parameter: unknown) => string,
): string {
  const either = []
  if (exact.length > 0) either.push(`${column} = ANY(${value(exact)}::text[])`)
  if (like.length > 0) either.push(`${column} LIKE ANY(${value(like)}::text[])`)
  return `(${either.join(' OR ')})`
}
