import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { styleOf } from '../output/paint.ts'
import { details } from '../output/table.ts'
import { time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const Event = graphql(`
  query CliEvent($id: ID!) {
    node(id: $id) {
      ... on Event {
        __typename
        id cursor type source severity subject tenantId correlationId causationId traceId occurredAt receivedAt expiresAt restoredAt payload
        publishedBy { kind id name }
        deliveries(first: 50) {
          totalCount
          nodes { id status attemptCount maxAttempts lastError webhook { id name } }
        }
      }
    }
  }
`)

export function addEventsGet(parent: Command, io: Io): void {
  parent
    .command('get')
    .description('show one event with its payload and deliveries')
    .argument('<ID>', 'the event (evt_...)')
    .action(
      withSession(io, async ({ api, out }, id: string) => {
        const { node: result } = await api.run(Event, { id })
        const node = nodeAs(result, 'Event', 'event', id)
        out.result(node, () => {
          const facts = details(
            [
              ['id', node.id],
              ['type', node.type],
              ['severity', node.severity],
              ['source', node.source],
              ['subject', node.subject],
              ['tenant', node.tenantId],
              ['correlation', node.correlationId],
              ['caused by', node.causationId],
              ['trace', node.traceId],
              ['occurred', time(node.occurredAt)],
              ['received', time(node.receivedAt)],
              ['expires', node.expiresAt && time(node.expiresAt)],
              ['restored', node.restoredAt && time(node.restoredAt)],
              ['published by', node.publishedBy.name ?? node.publishedBy.id],
              ['payload', JSON.stringify(node.payload)],
            ],
            out.paint,
          )
          const deliveries = out.table(
            [
              { title: 'delivery', value: (row) => row.id },
              { title: 'status', value: ({ status }) => status, style: ({ status }) => styleOf(status) },
              { title: 'webhook', value: ({ webhook }) => webhook.name, flexible: true },
              { title: 'tries', value: (row) => `${row.attemptCount}/${row.maxAttempts}`, align: 'right' },
              { title: 'error', value: ({ lastError }) => lastError, flexible: true },
            ],
            node.deliveries.nodes,
            'no deliveries',
          )
          return `${facts}\n\n${deliveries}`
        })
      }),
    )
}
