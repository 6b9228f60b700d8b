import { type CreateAlertRuleInput, TimeWindow } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { plain, time } from '../output/text.ts'
import type { Session } from '../session/session.ts'

const Preview = graphql(`
  mutation CliPreviewRule($input: CreateAlertRuleInput!, $window: TimeWindow!) {
    previewAlertRule(input: $input, window: $window) {
      matched wouldFire explanation
      sample { id type source severity receivedAt }
    }
  }
`)

/**
 * Evaluates a rule against the stored events of a time range and writes how often it would have raised an alert. Changes
 * nothing. Throws Failure, also for a rule that the API would refuse to create.
 */
export async function runPreview(
  { api, out }: Session,
  input: CreateAlertRuleInput,
  window: TimeWindow = TimeWindow.Last_24H,
): Promise<void> {
  const { previewAlertRule } = await api.run(Preview, { input, window })
  out.result(previewAlertRule, () => {
    const sample = out.table(
      [
        { title: 'event', value: (event) => event.id },
        { title: 'received', value: ({ receivedAt }) => time(receivedAt) },
        { title: 'type', value: ({ type }) => type, flexible: true },
        { title: 'source', value: ({ source }) => source, flexible: true },
      ],
      previewAlertRule.sample,
      'no event matched',
    )
    return `${plain(previewAlertRule.explanation)}\n\n${sample}`
  })
}
