import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addEnd, type EndOptions, endFrom } from '../flags/end.ts'
import { text } from '../flags/parsers.ts'
import { plain, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const AlertToSilence = graphql(`
  query CliAlertToSilence($id: ID!) {
    node(id: $id) {
      ... on Alert { __typename id tenantId group rule { id } }
    }
  }
`)

const CreateSilence = graphql(`
  mutation CliCreateSilence($input: CreateSilenceInput!) {
    createSilence(input: $input) {
      silence { id matchers tenantId reason startsAt endsAt matching }
    }
  }
`)

interface SilenceOptions extends EndOptions {
  reason: string
  wholeRule?: boolean
}

export function addAlertsSilence(parent: Command, io: Io): void {
  const command = parent
    .command('silence')
    .description('suppress the notifications of an alert for some time')
    .argument('<ID>', 'the alert (alr_...)')
  addEnd(command)
    .requiredOption('--reason <TEXT>', 'why', text)
    .option('--whole-rule', 'every group of its rule, instead of this one')
    .action(
      withSession(io, async ({ api, out }, id: string, options: SilenceOptions) => {
        const endsAt = endFrom(options)
        const { node: result } = await api.run(AlertToSilence, { id })
        const node = nodeAs(result, 'Alert', 'alert', id)
        const group = options.wholeRule ? {} : matchersOf(node.group)
        const { createSilence } = await api.run(CreateSilence, {
          input: {
            matchers: { rule: node.rule.id, ...(Object.keys(group).length > 0 && { group }) },
            tenantId: node.tenantId,
            reason: options.reason,
            endsAt,
          },
        })
        const { silence } = createSilence
        out.result(silence, () =>
          plain(
            `${silence.id} suppresses the notifications of ${silence.matching} open alerts until ${time(silence.endsAt)}`,
          ),
        )
      }),
    )
}

/**
 * Matchers for the values of an alert's group. A value that contains "*" is read as a glob, which also matches the
 * value.
 */
function matchersOf(group: unknown): Record<string, string> {
  if (typeof group !== 'object' || group === null) return {}
  return Object.fromEntries(
    Object.entries(group).flatMap(([field, value]) => (value === null ? [] : [[field, String(value)] as const])),
  )
}
