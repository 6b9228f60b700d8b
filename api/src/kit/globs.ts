import { escapeLike } from './like.ts'
/**
 * Globs for event type names in webhooks and filters. `*` matches any number of characters (or none), including dots.
 * Every other character matches itself. `autoheal.*` matches `autoheal.failed` and `autoheal.a.b`, but not `autoheal`.
 */

export const MAX_GLOB_LENGTH = 255
export const MAX_GLOB_STARS = 8
export const MAX_GLOBS = 100

/** Why a glob is invalid ("has two stars in a row"); null if it is valid. */
export function globProblem(glob: string): string | null {
  if (glob === '') return 'is empty; to match every type leave the list empty or use "*"'
  if (glob.length > MAX_GLOB_LENGTH) return `is ${glob.length} characters long; expected at most ${MAX_GLOB_LENGTH}`
  if (/[\s\p{Cc}]/u.test(glob)) return 'has a space or a control character'
  if (/\p{Surrogate}/u.test(glob)) return 'is not well-formed Unicode'
  if (glob.includes('**')) return 'has two stars in a row; one "*" already matches any characters, including dots'
  // Characters that are special in other glob languages are refused, because the author expects that meaning.
  const foreign = /[[\]{}?\\]/.exec(glob)
  if (foreign) return `has "${foreign[0]}", which has no special meaning; only "*" has`
  if (glob.startsWith('!')) return 'starts with "!"; a glob cannot exclude'
  const stars = glob.split('*').length - 1
  if (stars > MAX_GLOB_STARS) return `has ${stars} stars; expected at most ${MAX_GLOB_STARS}`
  return null
}

/**
 * The first problem in a list of globs: the index (null for the list itself) and the reason. Null if all globs are
 * valid.
 */
export function globsProblem(globs: readonly string[]): { index: number | null; reason: string } | null {
  if (globs.length > MAX_GLOBS)
    return { index: null, reason: `has ${globs.length} globs; expected at most ${MAX_GLOBS}` }
  for (const [index, glob] of globs.entries()) {
    const reason = globProblem(glob)
    if (reason !== null) return { index, reason: `"${glob.slice(0, MAX_GLOB_LENGTH)}" ${reason}` }
  }
  return null
}

/**
 * Compiles a list of globs to a function; the empty list matches everything. All names without a star are looked up at
 * once. Each glob with stars is matched in one pass over the name, greedily from left to right. No backtracking is
 * needed, because stars are the only special characters.
 */
export function compileGlobs(globs: readonly string[]): (type: string) => boolean {
  if (globs.length === 0 || globs.includes('*')) return () => true
  const exact = new Set(globs.filter((glob) => !glob.includes('*')))
  const starred = globs.filter((glob) => glob.includes('*')).map((glob) => glob.split('*'))
  if (starred.length === 0) return (type) => exact.has(type)
  return (type) => exact.has(type) || starred.some((parts) => matchParts(parts, type))
}

/**
 * `parts` are the texts between the stars. There are at least two; the first is the prefix and the last is the suffix.
 */
function matchParts(parts: readonly string[], type: string): boolean {
  const first = parts[0] ?? ''
  const last = parts[parts.length - 1] ?? ''
  const end = type.length - last.length
  let at = first.length
  if (end < at || !type.startsWith(first) || !type.endsWith(last)) return false
  for (let i = 1; i < parts.length - 1; i++) {
    const part = parts[i] ?? ''
    const index = type.indexOf(part, at)
    if (index === -1 || index + part.length > end) return false
    at = index + part.length
  }
  return true
}

/**
 * Converts a glob to an SQL LIKE pattern with the default escape character (backslash). A glob without a star matches
 * only that name.
 */
export function globToLike(glob: string): string {
  return escapeLike(glob).replaceAll('*', '%')
}
