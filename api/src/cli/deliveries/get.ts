import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { details } from '../output/table.ts'
import { milliseconds, percent, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const Delivery = graphql(`
  query CliDelivery($id: ID!) {
    node(id: $id) {
      ... on Delivery {
        __typename
        id status eventType subject tenantId targetUrl attemptCount maxAttempts createdAt changedAt completedAt nextAttemptAt
        holdReason lastError lastErrorKind lastStatusCode
        webhook { id name state circuit }
        event { id type source severity receivedAt payload }
        forecast { likelihood basis }
        replayOf { id }
        replays { id status }
        recoveredBy { id }
        attempts { id number startedAt durationMs statusCode errorKind error responseBody }
      }
    }
  }
`)

export function addDeliveriesGet(parent: Command, io: Io): void {
  parent
    .command('get')
    .description('show one delivery with its event, attempts and replays')
    .argument('<ID>', 'the delivery (dlv_...)')
    .action(
      withSession(io, async ({ api, out }, id: string) => {
        const { node: result } = await api.run(Delivery, { id })
        const node = nodeAs(result, 'Delivery', 'delivery', id)
        out.result(node, () => {
          const attempts = out.table(
            [
              { title: 'try', value: ({ number }) => number, align: 'right' },
              { title: 'started', value: ({ startedAt }) => time(startedAt) },
              { title: 'took', value: ({ durationMs }) => milliseconds(durationMs), align: 'right' },
              { title: 'status', value: ({ statusCode }) => statusCode },
              { title: 'error', value: ({ error }) => error, flexible: true },
            ],
            node.attempts,
            'no attempts yet',
          )
          const facts = details(
            [
              ['id', node.id],
              ['status', node.status],
              ['held', node.holdReason],
              ['event', `${node.event.id} ${node.eventType} from ${node.event.source}`],
              ['subject', node.subject],
              ['tenant', node.tenantId],
              [
                'webhook',
                `${node.webhook.id} ${node.webhook.name}: ${node.webhook.state}, circuit ${node.webhook.circuit}`,
              ],
              ['target', node.targetUrl],
              ['created', time(node.createdAt)],
              ['next try', node.nextAttemptAt && time(node.nextAttemptAt)],
              ['completed', node.completedAt && time(node.completedAt)],
              ['last error', node.lastError],
              ['forecast', node.forecast && `${percent(node.forecast.likelihood)}: ${node.forecast.basis}`],
              ['replay of', node.replayOf?.id],
              ['replays', node.replays.map((replay) => `${replay.id} ${replay.status}`).join(', ')],
              ['recovered by', node.recoveredBy?.id],
            ],
            out.paint,
          )
          return `${facts}\n\n${attempts}`
        })
      }),
    )
}
