import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { alertFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { styleOf } from '../output/paint.ts'
import { time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Alerts = graphql(`
  query CliAlerts($filter: AlertFilter, $first: Int!, $after: String) {
    alerts(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id status severity tenantId group matched threshold windowSeconds reason startedAt acknowledgedAt resolvedAt
        rule { id name }
        webhook { id name }
        isSilenced
        silencedBy { id endsAt }
      }
    }
  }
`)

export function addAlertsList(parent: Command, io: Io): void {
  const command = addPaging(parent.command('list').description('list alerts, newest first'))
  addFilter(command, alertFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(alertFlags, { ...options })
      const page = await collect(options, async (range) => (await api.run(Alerts, { filter, ...range })).alerts)
      out.result(page, () =>
        out.table(
          [
            { title: 'id', value: ({ id }) => id },
            {
              title: 'status',
              value: ({ status, isSilenced, silencedBy }) =>
                isSilenced || silencedBy ? `${status} (silenced)` : status,
              style: ({ status }) => styleOf(status),
            },
            { title: 'severity', value: ({ severity }) => severity, style: ({ severity }) => styleOf(severity) },
            { title: 'since', value: ({ startedAt }) => time(startedAt) },
            { title: 'rule', value: ({ rule }) => rule.name, flexible: true },
            { title: 'about', value: aboutOf, flexible: true },
            { title: 'tenant', value: ({ tenantId }) => tenantId },
            { title: 'reason', value: ({ reason }) => reason, flexible: true },
          ],
          page.nodes,
          'no alerts',
        ),
      )
      noteRest(out, page)
    }),
  )
}

/** The webhook that the alert is about, otherwise the values of its group. */
function aboutOf({ webhook, group }: { webhook?: { name: string } | null; group: unknown }): string {
  if (webhook) return webhook.name
  return Object.values(Object(group))
    .map((value) => String(value ?? '(none)'))
    .join(', ')
}
