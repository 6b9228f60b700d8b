import type { InputIssue } from '../kit/errors.ts'
import { nameProblem } from '../kit/one-line.ts'

const MAX_NAME = 100

/** Checks a display name. */
export function checkName(name: string, path: string[], issues: InputIssue[]): void {
  const problem = nameProblem(name, MAX_NAME)
  if (problem) issues.push({ path, message: problem })
}
