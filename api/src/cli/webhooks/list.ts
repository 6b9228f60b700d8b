import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { webhookFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { styleOf } from '../output/paint.ts'
import { count, percent } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Webhooks = graphql(`
  query CliWebhooks($filter: WebhookFilter, $first: Int!, $after: String) {
    webhooks(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { id name url kind state circuit tenantId eventTypes backlog failingSince health { status successRate deadLetter lastError } }
    }
  }
`)

/** Rows per page. The health of a webhook is costly to read, so a page of the usual size would be refused. */
const PAGE = 25

export function addWebhooksList(parent: Command, io: Io): void {
  const command = addPaging(parent.command('list').description('list webhooks with their health of the last 24 hours'))
  addFilter(command, webhookFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(webhookFlags, { ...options })
      const page = await collect(
        options,
        async ({ first, after }) => (await api.run(Webhooks, { filter, first, after })).webhooks,
        PAGE,
      )
      out.result(page, () =>
        out.table(
          [
            { title: 'id', value: ({ id }) => id },
            { title: 'name', value: ({ name }) => name, flexible: true },
            { title: 'state', value: ({ state }) => state, style: ({ state }) => styleOf(state) },
            { title: 'circuit', value: ({ circuit }) => circuit, style: ({ circuit }) => styleOf(circuit) },
            { title: 'health', value: ({ health }) => health.status, style: ({ health }) => styleOf(health.status) },
            { title: 'success', value: ({ health }) => percent(health.successRate), align: 'right' },
            { title: 'backlog', value: ({ backlog }) => count(backlog), align: 'right' },
            { title: 'tenant', value: ({ tenantId }) => tenantId },
            { title: 'url', value: ({ url }) => url, flexible: true },
          ],
          page.nodes,
          'no webhooks',
        ),
      )
      noteRest(out, page)
    }),
  )
}
