import { type Command, Option } from 'commander'
import { type CreateAlertRuleInput, Severity, TimeWindow } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { oneOf, text, whole } from '../flags/parsers.ts'
import { plain, time } from '../output/text.ts'
import { usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { type Session, withSession } from '../session/session.ts'

const Preview = graphql(`
  mutation CliPreviewRule($input: CreateAlertRuleInput!, $window: TimeWindow!) {
    previewAlertRule(input: $input, window: $window) {
      matched wouldFire explanation
      sample { id type source severity receivedAt }
    }
  }
`)

const RuleToPreview = graphql(`
  query CliRuleToPreview($id: ID!) {
    node(id: $id) {
      ... on AlertRule {
        __typename
        name tenantId eventType source eventSeverity severity threshold windowSeconds groupBy
      }
    }
  }
`)

type PreviewOptions = Partial<Omit<CreateAlertRuleInput, 'name'>> & { window: TimeWindow }

export function addRulesPreview(parent: Command, io: Io): void {
  parent
    .command('preview')
    .description('evaluate a rule against stored events and show how often it would have raised an alert')
    .argument('[ID]', 'a rule (rul_...) to begin with; the options change it for the preview only')
    .option('--event-type <GLOB>', 'types that it counts', text)
    .option('--source <GLOB>', 'sources that it counts', text)
    .addOption(new Option('--event-severity <SEVERITY>', 'severity that it counts').argParser(oneOf(Severity)))
    .option('--threshold <NUMBER>', 'number of events that raises an alert', whole(1))
    .option('--window-seconds <NUMBER>', 'length of the window in seconds', whole(1))
    .option('--group-by <FIELD,...>', 'group events by these fields', (list) =>
      list.split(',').map((field) => field.trim()),
    )
    .option('--tenant-id <TENANT>', 'tenant of the events', text)
    .addOption(
      new Option('--window <WINDOW>', `time range: ${Object.values(TimeWindow).join(', ')}`)
        .argParser(oneOf(TimeWindow))
        .default(TimeWindow.Last_24H, 'LAST_24H'),
    )
    .action(
      withSession(io, async (session, id: string | undefined, { window, ...changes }: PreviewOptions) => {
        const { api, out } = session
        const base = id === undefined ? { name: 'preview' } : await ruleOf(session, id)
        const { threshold, windowSeconds, ...input } = { ...base, ...changes }
        if (threshold === undefined) throw usage('is missing; expected how many events raise an alert', '--threshold')
        if (windowSeconds === undefined) throw usage('is missing; expected a number of seconds', '--window-seconds')
        const { previewAlertRule } = await api.run(Preview, { input: { ...input, threshold, windowSeconds }, window })
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
      }),
    )
}

async function ruleOf({ api }: Session, id: string): Promise<Partial<CreateAlertRuleInput> & { name: string }> {
  const { node: result } = await api.run(RuleToPreview, { id })
  const node = nodeAs(result, 'AlertRule', 'alert rule', id)
  const { name, tenantId, eventType, source, eventSeverity, severity, threshold, windowSeconds, groupBy } = node
  return { name, tenantId, eventType, source, eventSeverity, severity, threshold, windowSeconds, groupBy }
}
