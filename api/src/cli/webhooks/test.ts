import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { showAttempt } from './attempt.ts'

const Test = graphql(`
  mutation CliTestWebhook($id: ID!) {
    testWebhook(id: $id) {
      attempt { id number startedAt durationMs statusCode errorKind error responseBody }
    }
  }
`)

export function addWebhooksTest(parent: Command, io: Io): void {
  parent
    .command('test')
    .description('send a test event now, outside of the queue, and show the response')
    .argument('<ID>', 'the webhook (whk_...)')
    .action(
      withSession(io, async (session, id: string) => {
        const { testWebhook } = await session.api.run(Test, { id })
        return showAttempt(session, testWebhook.attempt)
      }),
    )
}
