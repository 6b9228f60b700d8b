/**
 * Globs over names of events, as webhooks and filters take them: every character stands for itself, `*` for any run of
 * characters, dots and nothing included. `autoheal.*` takes `autoheal.failed` and `autoheal.a.b`, but not `autoheal`.
 */

export const MAX_GLOB_LENGTH = 255
export const MAX_GLOB_STARS = 8
export const MAX_GLOBS = 100

/** Why `glob` is refused, in words for a person ("has two stars in a row"), or null when it is fine. */
export function globProblem(glob: string): string | null {
  if (glob === '') return 'is empty; to take every type leave the list empty, or use "*"'
  if (glob.length > MAX_GLOB_LENGTH) return `is ${glob.length} characters long; at most ${MAX_GLOB_LENGTH} are taken`
  if (/[\s\p{Cc}]/u.test(glob)) return 'has a space or a control character'
  if (/\p{Surrogate}/u.test(glob)) return 'is not well-formed Unicode'
  if (glob.includes('**'))
    return 'has two stars in a row; one "*" already stands for any run of characters, dots included'
  // Signs of other glob languages: refused rather than read as themselves, since whoever writes them expects more.
  const foreign = /[[\]{}?\\]/.exec(glob)
  if (foreign) return `has "${foreign[0]}", which means nothing here; only "*" is special`
  if (glob.startsWith('!')) return 'starts with "!"; a glob cannot exclude'
  const stars = glob.split('*').length - 1
  if (stars > MAX_GLOB_STARS) return `has ${stars} stars; at most ${MAX_GLOB_STARS} are taken`
  return null
}

/** The first thing wrong with a list of globs: its index (null: the list itself) and why. Null when all are fine. */
export function globsProblem(globs: readonly string[]): { index: number | null; reason: string } | null {
  if (globs.length > MAX_GLOBS)
    return { index: null, reason: `has ${globs.length} globs; at most ${MAX_GLOBS} are taken` }
  for (const [index, glob] of globs.entries()) {
    const reason = globProblem(glob)
    if (reason !== null) return { index, reason: `"${glob.slice(0, MAX_GLOB_LENGTH)}" ${reason}` }
  }
  return null
}

/**
 * One test for a list of globs; the empty list takes everything. Exact names cost one look-up together, each starred
 * glob one pass over the name: greedy left to right is enough for stars, so nothing ever backtracks.
 */
export function compileGlobs(globs: readonly string[]): (type: string) => boolean {
  if (globs.length === 0 || globs.includes('*')) return () => true
  const exact = new Set(globs.filter((glob) => !glob.includes('*')))
  const starred = globs.filter((glob) => glob.includes('*')).map((glob) => glob.split('*'))
  if (starred.length === 0) return (type) => exact.has(type)
  return (type) => exact.has(type) || starred.some((parts) => matchParts(parts, type))
}

/** `parts` are what stands between the stars, at least two: the first opens the name, the last closes it. */
function matchParts(parts: readonly string[], type: string): boolean {
  const first = parts[0] ?? ''
  const last = parts[parts.length - 1] ?? ''
  const end = type.length - last.length
  let at = first.length
  if (end < at || !type.startsWith(first) || !type.endsWith(last)) return false
  for (let i = 1; i < parts.length - 1; i++) {
    const part = parts[i] ?? ''
    const found = type.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

/** The glob as a pattern for SQL LIKE with its default escape, the backslash. A glob without a star is LIKE its own name. */
export function globToLike(glob: string): string {
  return glob.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%')
}
