import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count, plain } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const RuleToDelete = graphql(`
  query CliRuleToDelete($id: ID!) {
    node(id: $id) {
      ... on AlertRule { __typename id name }
    }
    alerts(filter: { ruleId: $id, statuses: [FIRING, ACKNOWLEDGED] }, first: 1) { totalCount }
  }
`)

const Delete = graphql(`
  mutation CliDeleteRule($id: ID!) {
    deleteAlertRule(id: $id) { deletedId }
  }
`)

export function addRulesDelete(parent: Command, io: Io): void {
  parent
    .command('delete')
    .description('delete rules; their open alerts are resolved, and past alerts stay')
    .argument('<ID...>', 'alert rules (rul_...)')
    .option('--dry-run', 'delete nothing; show how many open alerts would be resolved')
    .action(
      withSession(io, (session, ids: string[], { dryRun = false }: { dryRun?: boolean }) =>
        actOnEach(session, ids, async (id) => {
          const { node: result, alerts } = await session.api.run(RuleToDelete, { id })
          const { name } = nodeAs(result, 'AlertRule', 'alert rule', id)
          if (!dryRun) await session.api.run(Delete, { id })
          const openAlerts = alerts.totalCount
          return {
            value: { id, name, openAlerts, deleted: !dryRun },
            text: plain(
              `${id} ${name}: ${dryRun ? 'would be deleted' : 'deleted'}, ${count(openAlerts)} open alerts ${dryRun ? 'would be resolved' : 'resolved'}`,
            ),
          }
        }),
      ),
    )
}
