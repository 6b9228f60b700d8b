import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count, plain } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Resume = graphql(`
  mutation CliResumeWebhook($id: ID!) {
    resumeWebhook(id: $id) {
      webhook { id name state circuit backlog }
    }
  }
`)

export function addWebhooksResume(parent: Command, io: Io): void {
  parent
    .command('resume')
    .description('resume webhooks and send waiting deliveries; also ends DISABLED and closes the circuit')
    .argument('<ID...>', 'webhooks (whk_...)')
    .action(
      withSession(io, (session, ids: string[]) =>
        actOnEach(session, ids, async (id) => {
          const { webhook } = (await session.api.run(Resume, { id })).resumeWebhook
          return {
            value: webhook,
            text: plain(`${id} ${webhook.name}: ${webhook.state}, ${count(webhook.backlog)} waiting`),
          }
        }),
      ),
    )
}
