import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count, plain } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import { EXIT, Failure } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Verify = graphql(`
  mutation CliVerifyArchive($id: ID!) {
    verifyArchive(id: $id) { ok events error }
  }
`)

export function addArchiveVerify(parent: Command, io: Io): void {
  parent
    .command('verify')
    .description('verify that archive files are intact')
    .argument('<ID...>', 'archive files (arc_...)')
    .action(
      withSession(io, (session, ids: string[]) =>
        actOnEach(session, ids, async (id) => {
          const { ok, events, error } = (await session.api.run(Verify, { id })).verifyArchive
          if (!ok)
            throw new Failure(error ?? 'it differs from what was written', {
              code: 'ARCHIVE_DAMAGED',
              exitCode: EXIT.failure,
            })
          return { value: { id, ok, events }, text: plain(`${id} is intact: ${count(events)} events`) }
        }),
      ),
    )
}
