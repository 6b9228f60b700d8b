import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { plain } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { targetId } from './target.ts'

const Release = graphql(`
  mutation CliReleaseTarget($targetId: ID!) {
    releaseHealTarget(targetId: $targetId) {
      target { id container state }
    }
  }
`)

export function addHealRelease(parent: Command, io: Io): void {
  parent
    .command('release')
    .description('allow automatic restarts of a container that is GIVEN_UP or FLAPPING')
    .argument('<TARGET>', 'a target (tgt_...) or the name of its container')
    .action(
      withSession(io, async (session, idOrContainer: string) => {
        const { target } = (await session.api.run(Release, { targetId: await targetId(session, idOrContainer) }))
          .releaseHealTarget
        session.out.result(target, () => plain(`${target.container} may be restarted again: ${target.state}`))
      }),
    )
}
