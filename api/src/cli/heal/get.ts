import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { details } from '../output/table.ts'
import { milliseconds, plain, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const Attempt = graphql(`
  query CliHealAttempt($id: ID!) {
    node(id: $id) {
      ... on HealAttempt {
        __typename
        id targetId container action trigger reason number outcome message startedAt durationMs exitCode oomKilled logTail
        stillHealthyAfter
      }
    }
  }
`)

const yesOrNo = (value: boolean | null) => (value === null ? null : value ? 'yes' : 'no')

export function addHealGet(parent: Command, io: Io): void {
  parent
    .command('get')
    .description("show one attempt with its evidence: the reason, the exit code and the end of the container's log")
    .argument('<ID>', 'the attempt (heal_...)')
    .action(
      withSession(io, async ({ api, out }, id: string) => {
        const { node: result } = await api.run(Attempt, { id })
        const attempt = nodeAs(result, 'HealAttempt', 'attempt', id)
        out.result(attempt, () => {
          const facts = details(
            [
              ['id', attempt.id],
              ['container', `${attempt.targetId} ${attempt.container}`],
              ['outcome', `${attempt.outcome}: ${attempt.message}`],
              ['action', attempt.action === 'none' ? null : `${attempt.action}, number ${attempt.number}`],
              ['reason', `${attempt.trigger}: ${attempt.reason}`],
              ['started', time(attempt.startedAt)],
              ['took', attempt.durationMs === null ? null : milliseconds(attempt.durationMs)],
              ['exit code', attempt.exitCode === null ? null : String(attempt.exitCode)],
              ['out of memory', yesOrNo(attempt.oomKilled)],
              ['healthy after 5 min', yesOrNo(attempt.stillHealthyAfter)],
            ],
            out.paint,
          )
          const log = attempt.logTail?.trimEnd().split('\n').map(plain).join('\n')
          return log ? `${facts}\n\n${log}` : facts
        })
      }),
    )
}
