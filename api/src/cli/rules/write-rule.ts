import { plain } from '../output/text.ts'
import type { Session } from '../session/session.ts'

/**
 * Writes a rule that was created or changed: `text` for people, or the rule and the API's warnings as JSON. For people,
 * the warnings are written to standard error.
 */
export function writeRule(
  { out }: Session,
  { rule, warnings }: { rule: { id: string }; warnings: readonly string[] },
  text: string,
): void {
  out.result({ ...rule, warnings }, () => plain(text))
  for (const warning of warnings) out.note(`${rule.id}: ${plain(warning)}`)
}
