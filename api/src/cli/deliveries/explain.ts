import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { details } from '../output/table.ts'
import { percent } from '../output/text.ts'
import { notFound } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Explain = graphql(`
  query CliExplain($id: ID!) {
    node(id: $id) {
      ... on Event {
        __typename
        id type source severity receivedAt
        deliveryExplanation { outcome reason webhook { id name } delivery { id status lastError forecast { likelihood basis } } }
      }
      ... on Delivery {
        __typename
        id
        event {
          id type source severity receivedAt
          deliveryExplanation { outcome reason webhook { id name } delivery { id status lastError forecast { likelihood basis } } }
        }
      }
    }
  }
`)

export function addDeliveriesExplain(parent: Command, io: Io): void {
  parent
    .command('explain')
    .description(
      'explain for each webhook why it received an event or did not, and whether a replay is likely to succeed',
    )
    .argument('<ID>', 'a delivery (dlv_...) or an event (evt_...)')
    .action(
      withSession(io, async ({ api, out }, id: string) => {
        const { node } = await api.run(Explain, { id })
        const event = node?.__typename === 'Event' ? node : node?.__typename === 'Delivery' ? node.event : null
        if (event === null) throw notFound('delivery or event', id)
        out.result(event, () => {
          const facts = details(
            [
              ['event', event.id],
              ['type', event.type],
              ['source', event.source],
            ],
            out.paint,
          )
          const rows = out.table(
            [
              { title: 'webhook', value: ({ webhook }) => webhook.name },
              { title: 'outcome', value: ({ outcome }) => outcome },
              { title: 'delivery', value: ({ delivery }) => delivery?.id },
              { title: 'replay', value: ({ delivery }) => delivery?.forecast && percent(delivery.forecast.likelihood) },
              { title: 'reason', value: (row) => row.delivery?.forecast?.basis ?? row.reason, flexible: true },
            ],
            event.deliveryExplanation,
            'no webhook could have received it',
          )
          return `${facts}\n\n${rows}`
        })
      }),
    )
}
