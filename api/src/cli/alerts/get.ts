import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { details } from '../output/table.ts'
import { count, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const Alert = graphql(`
  query CliAlert($id: ID!) {
    node(id: $id) {
      ... on Alert {
        __typename
        id status severity tenantId group matched threshold windowSeconds reason source startedAt lastNotifiedAt acknowledgedAt resolvedAt
        acknowledgedBy { id name }
        rule { id name description }
        webhook { id name }
        isSilenced
        silencedBy { id reason endsAt }
        timeline { at change status note actor { id name } }
        suggestedReplay { title count likelihood reason filter }
        events(first: 10) { id type source receivedAt }
      }
    }
  }
`)

export function addAlertsGet(parent: Command, io: Io): void {
  parent
    .command('get')
    .description('show one alert: the reason, its timeline and the events that it counted')
    .argument('<ID>', 'the alert (alr_...)')
    .action(
      withSession(io, async ({ api, out }, id: string) => {
        const { node: result } = await api.run(Alert, { id })
        const node = nodeAs(result, 'Alert', 'alert', id)
        out.result(node, () => {
          const replay = node.suggestedReplay
          const facts = details(
            [
              ['id', node.id],
              ['rule', `${node.rule.id} ${node.rule.name}`],
              ['about', node.rule.description],
              ['status', node.status],
              ['severity', node.severity],
              ['tenant', node.tenantId],
              ['group', JSON.stringify(node.group)],
              ['webhook', node.webhook?.name],
              ['reason', node.reason],
              ['matched', `${count(node.matched)} in ${node.windowSeconds} s; threshold ${count(node.threshold)}`],
              ['started', time(node.startedAt)],
              [
                'acknowledged',
                node.acknowledgedAt &&
                  `${time(node.acknowledgedAt)} by ${node.acknowledgedBy?.name ?? node.acknowledgedBy?.id}`,
              ],
              ['resolved', node.resolvedAt && time(node.resolvedAt)],
              [
                'silenced',
                node.silencedBy
                  ? `until ${time(node.silencedBy.endsAt)}: ${node.silencedBy.reason}`
                  : node.isSilenced
                    ? 'by a silence of the installation'
                    : null,
              ],
              ['replay', replay && `${replay.title}: ${count(replay.count)} deliveries; ${replay.reason}`],
            ],
            out.paint,
          )
          const timeline = out.table(
            [
              { title: 'at', value: ({ at }) => time(at) },
              { title: 'change', value: ({ change }) => change },
              { title: 'by', value: ({ actor }) => actor?.name ?? actor?.id ?? 'the rule' },
              { title: 'note', value: ({ note }) => note, flexible: true },
            ],
            node.timeline,
            'nothing happened yet',
          )
          const events = out.table(
            [
              { title: 'event', value: (event) => event.id },
              { title: 'received', value: ({ receivedAt }) => time(receivedAt) },
              { title: 'type', value: ({ type }) => type, flexible: true },
              { title: 'source', value: ({ source }) => source, flexible: true },
            ],
            node.events,
            'its events have been pruned',
          )
          return `${facts}\n\n${timeline}\n\n${events}`
        })
      }),
    )
}
