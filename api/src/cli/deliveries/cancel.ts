import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { text } from '../flags/parsers.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Cancel = graphql(`
  mutation CliCancelDelivery($id: ID!, $reason: String!) {
    cancelDelivery(id: $id, reason: $reason) {
      delivery { id status lastError }
    }
  }
`)

export function addDeliveriesCancel(parent: Command, io: Io): void {
  parent
    .command('cancel')
    .description('cancel open deliveries')
    .argument('<ID...>', 'deliveries (dlv_...)')
    .requiredOption('--reason <TEXT>', 'the reason, stored with the delivery and in the audit trail', text)
    .action(
      withSession(io, (session, ids: string[], { reason }: { reason: string }) =>
        actOnEach(session, ids, async (id) => {
          const { cancelDelivery } = await session.api.run(Cancel, { id, reason })
          return { value: cancelDelivery.delivery, text: `${id} ${cancelDelivery.delivery.status}` }
        }),
      ),
    )
}
