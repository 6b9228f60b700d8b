import type { InputIssue } from '../kit/errors.ts'

const MAX_NAME = 100
// biome-ignore lint/suspicious/noControlCharactersInRegex: this finds them; lists cannot show them and PostgreSQL refuses NUL
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** Checks a display name. */
export function checkName(name: string, path: string[], issues: InputIssue[]): void {
  const problem =
    name.trim() === ''
      ? `is empty; expected 1 to ${MAX_NAME} characters`
      : name.length > MAX_NAME
        ? `has ${name.length} characters; expected at most ${MAX_NAME}`
        : CONTROL.test(name)
          ? 'has a control character or a line break'
          : null
  if (problem) issues.push({ path, message: problem })
}
