import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count, plain, time } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Expire = graphql(`
  mutation CliExpireSilence($id: ID!) {
    expireSilence(id: $id) {
      silence { id matchers tenantId reason startsAt endsAt matching heldBack }
    }
  }
`)

export function addSilencesExpire(parent: Command, io: Io): void {
  parent
    .command('expire')
    .description('end silences now; alerts that still fire notify again')
    .argument('<ID...>', 'silences (sil_...)')
    .action(
      withSession(io, (session, ids: string[]) =>
        actOnEach(session, ids, async (id) => {
          const { silence } = (await session.api.run(Expire, { id })).expireSilence
          return {
            value: silence,
            text: plain(
              `${id} ended at ${time(silence.endsAt)}; it suppressed ${count(silence.heldBack)} notifications`,
            ),
          }
        }),
      ),
    )
}
