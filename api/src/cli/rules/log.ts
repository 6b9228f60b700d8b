import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { whole } from '../flags/parsers.ts'
import { styleOf } from '../output/paint.ts'
import { count, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const Evaluations = graphql(`
  query CliRuleEvaluations($id: ID!, $first: Int!, $skip: Int!) {
    node(id: $id) {
      ... on AlertRule {
        __typename
        evaluations(first: $first, skip: $skip) {
          at outcome matched threshold group leftOut evaluations explanation
          tenants { name count }
        }
      }
    }
  }
`)

/** The API's maximum number of evaluations in a response. */
const LARGEST_PAGE = 1_000

interface LogOptions {
  first: number
  skip: number
}

export function addRulesLog(parent: Command, io: Io): void {
  parent
    .command('log')
    .description('show why a rule did or did not notify in the last 24 h, newest evaluation first')
    .argument('<ID>', 'the rule (rul_...)')
    .option('--first <NUMBER>', 'maximum number of evaluations', whole(1, LARGEST_PAGE), 50)
    .option('--skip <NUMBER>', 'number of the newest evaluations to leave out', whole(0), 0)
    .action(
      withSession(io, async ({ api, out }, id: string, { first, skip }: LogOptions) => {
        const { node: result } = await api.run(Evaluations, { id, first, skip })
        const { evaluations } = nodeAs(result, 'AlertRule', 'alert rule', id)
        out.result(evaluations, () =>
          out.table(
            [
              { title: 'at', value: ({ at }) => time(at) },
              { title: 'outcome', value: ({ outcome }) => outcome, style: ({ outcome }) => styleOf(outcome) },
              { title: 'matched', value: (row) => `${count(row.matched)}/${count(row.threshold)}`, align: 'right' },
              { title: 'times', value: (row) => count(row.evaluations), align: 'right' },
              { title: 'group', value: groupText, flexible: true },
              { title: 'explanation', value: ({ explanation }) => explanation, flexible: true },
            ],
            evaluations,
            'not evaluated in the last 24 h: the rule is disabled or new',
          ),
        )
        if (evaluations.length === first) out.note(`${count(first)} shown; older ones with --skip ${skip + first}`)
      }),
    )
}

/** The group as JSON, or the number of groups that an entry counts; null for a rule without groups. */
function groupText({ group, leftOut }: { group: unknown; leftOut: number | null }): string | null {
  if (leftOut !== null) return `${count(leftOut)} further groups`
  const text = JSON.stringify(group)
  return text === '{}' ? null : text
}
