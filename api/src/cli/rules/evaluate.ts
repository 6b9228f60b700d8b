import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Evaluate = graphql(`
  mutation CliEvaluateRules {
    evaluateAlertRules { evaluated raised resolved }
  }
`)

export function addRulesEvaluate(parent: Command, io: Io): void {
  parent
    .command('evaluate')
    .description('evaluate all enabled rules now, instead of within 15 s')
    .action(
      withSession(io, async ({ api, out }) => {
        const { evaluateAlertRules } = await api.run(Evaluate, {})
        const { evaluated, raised, resolved } = evaluateAlertRules
        out.result(
          evaluateAlertRules,
          () => `${count(evaluated)} rules evaluated: ${count(raised)} alerts raised, ${count(resolved)} resolved`,
        )
      }),
    )
}
