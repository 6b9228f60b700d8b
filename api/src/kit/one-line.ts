/**
 * Finds characters that a text on one line must not contain: control characters and line breaks. PostgreSQL cannot
 * store NUL, and lists cannot show the others.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
export const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** Returns the problem of a display name that may have at most `max` characters; null if the name is valid. */
export function nameProblem(name: string, max: number): string | null {
  if (name.trim() === '') return `is empty; expected 1 to ${max} characters`
  if (name.length > max) return `has ${name.length} characters; expected at most ${max}`
  return CONTROL.test(name) ? 'has a control character or a line break' : null
}
