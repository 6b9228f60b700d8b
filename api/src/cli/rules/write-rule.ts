import type { CliWrittenRuleFragment } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { plain } from '../output/text.ts'
import type { Session } from '../session/session.ts'

/** The fields of a rule that the commands select which create or change it. */
graphql(`
  fragment CliWrittenRule on AlertRule {
    id name enabled severity tenantId eventType source eventSeverity threshold windowSeconds groupBy
    repeatIntervalSeconds
    webhooks { id name }
  }
`)

/**
 * Writes a rule that was created or changed: `text` for people, or the rule and the API's warnings as JSON. For people,
 * the warnings are written to standard error.
 */
export function writeRule(
  { out }: Session,
  { rule, warnings }: { rule: CliWrittenRuleFragment; warnings: readonly string[] },
  text: string,
): void {
  out.result({ ...rule, warnings }, () => plain(text))
  for (const warning of warnings) out.note(`${rule.id}: ${plain(warning)}`)
}
