import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { details } from '../output/table.ts'
import { count, duration, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const Rule = graphql(`
  query CliRule($id: ID!) {
    node(id: $id) {
      ... on AlertRule {
        __typename
        id name description enabled severity tenantId eventType source eventSeverity threshold windowSeconds groupBy
        repeatIntervalSeconds createdAt updatedAt
        webhooks { id name deletedAt }
        lastEvaluation { at outcome matched threshold explanation }
      }
    }
    alerts(filter: { ruleId: $id, statuses: [FIRING, ACKNOWLEDGED] }, first: 1) { totalCount }
  }
`)

export function addRulesGet(parent: Command, io: Io): void {
  parent
    .command('get')
    .alias('show')
    .description('show one rule: its conditions, its webhooks and its last evaluation')
    .argument('<ID>', 'the rule (rul_...)')
    .action(
      withSession(io, async ({ api, out }, id: string) => {
        const { node: result, alerts } = await api.run(Rule, { id })
        const rule = { ...nodeAs(result, 'AlertRule', 'alert rule', id), openAlerts: alerts.totalCount }
        const { lastEvaluation: last } = rule
        out.result(rule, () =>
          details(
            [
              ['id', rule.id],
              ['name', rule.name],
              ['about', rule.description],
              ['state', rule.enabled ? 'enabled' : 'disabled'],
              ['tenant', rule.tenantId ?? 'all tenants together'],
              ['event type', rule.eventType ?? 'any'],
              ['source', rule.source ?? 'any'],
              ['event severity', rule.eventSeverity ?? 'any'],
              ['fires at', `${count(rule.threshold)} events within ${duration(rule.windowSeconds * 1_000)}`],
              ['for each', rule.groupBy.join(', ')],
              ['severity', rule.severity],
              ['notifies', webhooksText(rule.webhooks)],
              ['repeats after', duration(rule.repeatIntervalSeconds * 1_000)],
              ['open alerts', count(rule.openAlerts)],
              ['created', time(rule.createdAt)],
              ['changed', time(rule.updatedAt)],
              ['last evaluation', last ? `${time(last.at)} ${last.outcome}: ${last.explanation}` : 'none yet'],
            ],
            out.paint,
          ),
        )
      }),
    )
}

/** The API returns a deleted webhook only if the rule names no other. */
function webhooksText(webhooks: readonly { id: string; name: string; deletedAt: string | null }[]): string {
  if (webhooks.length === 0) return 'every webhook that subscribes to ops.alert.*'
  return webhooks
    .map(({ id, name, deletedAt }) => (deletedAt ? `nobody: ${id} ${name} is deleted` : `${id} ${name}`))
    .join(', ')
}
