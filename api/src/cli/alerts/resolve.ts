import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { text } from '../flags/parsers.ts'
import { plain } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Resolve = graphql(`
  mutation CliResolveAlert($id: ID!, $note: String) {
    resolveAlert(id: $id, note: $note) {
      alert { id status acknowledgedAt resolvedAt rule { id name } }
    }
  }
`)

export function addAlertsResolve(parent: Command, io: Io): void {
  parent
    .command('resolve')
    .description('resolve alerts manually')
    .argument('<ID...>', 'alerts (alr_...)')
    .option('--note <TEXT>', 'a note for the timeline', text)
    .action(
      withSession(io, (session, ids: string[], { note }: { note?: string }) =>
        actOnEach(session, ids, async (id) => {
          const { alert } = (await session.api.run(Resolve, { id, note })).resolveAlert
          return { value: alert, text: plain(`${id} ${alert.rule.name}: ${alert.status}`) }
        }),
      ),
    )
}
