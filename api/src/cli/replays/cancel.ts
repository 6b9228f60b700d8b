import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { summary } from '../replay/state.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { type Session, withSession } from '../session/session.ts'

const Cancel = graphql(`
  mutation CliCancelBulkReplay($id: ID!) {
    cancelBulkReplay(id: $id) {
      bulkReplay { id status paused total replayed skipped delivered failed reason createdAt finishedAt }
    }
  }
`)

export const cancelBulkReplay = async ({ api }: Session, id: string) =>
  (await api.run(Cancel, { id })).cancelBulkReplay.bulkReplay

export function addReplaysCancel(parent: Command, io: Io): void {
  parent
    .command('cancel')
    .description('cancel bulk replays: nothing more is sent')
    .argument('<ID...>', 'bulk replays (blk_...)')
    .action(
      withSession(io, (session, ids: string[]) =>
        actOnEach(session, ids, async (id) => {
          const bulkReplay = await cancelBulkReplay(session, id)
          return { value: bulkReplay, text: summary(bulkReplay) }
        }),
      ),
    )
}
