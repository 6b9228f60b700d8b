import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { text } from '../flags/parsers.ts'
import { plain } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Ack = graphql(`
  mutation CliAckAlert($id: ID!, $note: String) {
    acknowledgeAlert(id: $id, note: $note) {
      alert { id status acknowledgedAt resolvedAt rule { id name } }
    }
  }
`)

export function addAlertsAck(parent: Command, io: Io): void {
  parent
    .command('ack')
    .description('acknowledge alerts: they no longer notify, and resolve as usual')
    .argument('<ID...>', 'alerts (alr_...)')
    .option('--note <TEXT>', 'a note for the timeline', text)
    .action(
      withSession(io, (session, ids: string[], { note }: { note?: string }) =>
        actOnEach(session, ids, async (id) => {
          const { alert } = (await session.api.run(Ack, { id, note })).acknowledgeAlert
          return { value: alert, text: plain(`${id} ${alert.rule.name}: ${alert.status}`) }
        }),
      ),
    )
}
