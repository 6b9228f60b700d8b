import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count, plain } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Pause = graphql(`
  mutation CliPauseWebhook($id: ID!) {
    pauseWebhook(id: $id) {
      webhook { id name state circuit backlog }
    }
  }
`)

export function addWebhooksPause(parent: Command, io: Io): void {
  parent
    .command('pause')
    .description('pause webhooks: their deliveries wait until they are resumed')
    .argument('<ID...>', 'webhooks (whk_...)')
    .action(
      withSession(io, (session, ids: string[]) =>
        actOnEach(session, ids, async (id) => {
          const { webhook } = (await session.api.run(Pause, { id })).pauseWebhook
          return {
            value: webhook,
            text: plain(`${id} ${webhook.name}: ${webhook.state}, ${count(webhook.backlog)} waiting`),
          }
        }),
      ),
    )
}
