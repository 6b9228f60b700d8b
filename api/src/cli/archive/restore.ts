import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Restore = graphql(`
  mutation CliRestoreArchive($id: ID!) {
    restoreArchive(id: $id) { restored skipped }
  }
`)

export function addArchiveRestore(parent: Command, io: Io): void {
  parent
    .command('restore')
    .description('restore the events of archive files, without delivering them')
    .argument('<ID...>', 'archive files (arc_...)')
    .action(
      withSession(io, (session, ids: string[]) =>
        actOnEach(session, ids, async (id) => {
          const { restored, skipped } = (await session.api.run(Restore, { id })).restoreArchive
          return {
            value: { id, restored, skipped },
            text: `${id}: ${count(restored)} events restored, ${count(skipped)} existed already`,
          }
        }),
      ),
    )
}
