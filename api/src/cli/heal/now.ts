import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { styleOf } from '../output/paint.ts'
import { milliseconds, plain } from '../output/text.ts'
import { EXIT } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { targetId } from './target.ts'

const HealNow = graphql(`
  mutation CliHealNow($targetId: ID!) {
    healNow(targetId: $targetId) {
      attempt { id container action trigger outcome message reason startedAt durationMs exitCode oomKilled logTail }
    }
  }
`)

export function addHealNow(parent: Command, io: Io): void {
  parent
    .command('now')
    .description('restart a container now, regardless of its back-off')
    .argument('<TARGET>', 'a target (tgt_...) or the name of its container')
    .action(
      withSession(io, async (session, target: string) => {
        const { api, out } = session
        const { attempt } = (await api.run(HealNow, { targetId: await targetId(session, target) })).healNow
        out.result(attempt, () => {
          const style = styleOf(attempt.outcome)
          const outcome = style ? out.paint(attempt.outcome, style) : attempt.outcome
          return `${outcome} ${plain(`${attempt.container}: ${attempt.message}`)} (${milliseconds(attempt.durationMs)})`
        })
        return attempt.outcome === 'SUCCEEDED' ? EXIT.ok : EXIT.failure
      }),
    )
}
