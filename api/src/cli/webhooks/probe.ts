import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { showAttempt } from './attempt.ts'

const Probe = graphql(`
  mutation CliProbeWebhook($id: ID!) {
    probeWebhook(id: $id) {
      attempt { id number startedAt durationMs statusCode errorKind error responseBody }
    }
  }
`)

export function addWebhooksProbe(parent: Command, io: Io): void {
  parent
    .command('probe')
    .description('send the next waiting delivery now, regardless of the circuit')
    .argument('<ID>', 'the webhook (whk_...)')
    .action(
      withSession(io, async (session, id: string) => {
        const { probeWebhook } = await session.api.run(Probe, { id })
        return showAttempt(session, probeWebhook.attempt)
      }),
    )
}
