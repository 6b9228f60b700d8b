import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { details } from '../output/table.ts'
import { count, duration, milliseconds, percent, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const Webhook = graphql(`
  query CliWebhook($id: ID!) {
    node(id: $id) {
      ... on Webhook {
        __typename
        id name url kind state disabledReason circuit circuitBreaker nextProbeAt tenantId eventTypes minSeverity maxConcurrency
        ratePerSecond timeoutMs retrySchedule backlog failingSince createdAt updatedAt
        health { status total delivered failed deadLetter successRate latencyP50Ms latencyP95Ms lastSuccessAt lastFailureAt lastError }
      }
    }
  }
`)

export function addWebhooksGet(parent: Command, io: Io): void {
  parent
    .command('get')
    .description('show one webhook: settings, state, circuit and health of the last 24 hours')
    .argument('<ID>', 'the webhook (whk_...)')
    .action(
      withSession(io, async ({ api, out }, id: string) => {
        const { node: result } = await api.run(Webhook, { id })
        const node = nodeAs(result, 'Webhook', 'webhook', id)
        const { health } = node
        out.result(node, () =>
          details(
            [
              ['id', node.id],
              ['name', node.name],
              ['url', node.url],
              ['format', node.kind],
              ['state', node.disabledReason ? `${node.state}: ${node.disabledReason}` : node.state],
              ['circuit', node.circuitBreaker ? node.circuit : 'none'],
              ['next probe', node.nextProbeAt && time(node.nextProbeAt)],
              ['tenant', node.tenantId ?? 'the whole installation'],
              ['event types', node.eventTypes.length === 0 ? 'all' : node.eventTypes.join(', ')],
              ['from severity', node.minSeverity],
              ['backlog', count(node.backlog)],
              ['health', `${health.status}: ${percent(health.successRate)} of ${count(health.total)} attempts in 24 h`],
              ['dead letters', count(health.deadLetter)],
              ['latency', `p50 ${milliseconds(health.latencyP50Ms)}, p95 ${milliseconds(health.latencyP95Ms)}`],
              ['last success', health.lastSuccessAt && time(health.lastSuccessAt)],
              ['last failure', health.lastFailureAt && `${time(health.lastFailureAt)}: ${health.lastError ?? ''}`],
              ['failing since', node.failingSince && time(node.failingSince)],
              [
                'limits',
                `${node.maxConcurrency} at once, ${node.ratePerSecond ?? 'any number'} a second, ${milliseconds(node.timeoutMs)} each`,
              ],
              ['retries after', node.retrySchedule.map((seconds) => duration(seconds * 1_000)).join(', ') || 'none'],
            ],
            out.paint,
          ),
        )
      }),
    )
}
