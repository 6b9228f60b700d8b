import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { deliveryFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { styleOf } from '../output/paint.ts'
import { time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Deliveries = graphql(`
  query CliDeliveries($filter: DeliveryFilter, $first: Int!, $after: String) {
    deliveries(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id status eventType subject tenantId targetUrl attemptCount maxAttempts createdAt changedAt nextAttemptAt
        holdReason lastError lastErrorKind lastStatusCode
        webhook { id name }
      }
    }
  }
`)

export function addDeliveriesList(parent: Command, io: Io): void {
  const command = addPaging(parent.command('list').description('list deliveries, newest first'))
  addFilter(command, deliveryFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(deliveryFlags, { ...options })
      const page = await collect(options, async (range) => (await api.run(Deliveries, { filter, ...range })).deliveries)
      out.result(page, () =>
        out.table(
          [
            { title: 'id', value: ({ id }) => id },
            { title: 'status', value: ({ status }) => status, style: ({ status }) => styleOf(status) },
            { title: 'type', value: ({ eventType }) => eventType, flexible: true },
            { title: 'webhook', value: ({ webhook }) => webhook.name, flexible: true },
            { title: 'tries', value: (row) => `${row.attemptCount}/${row.maxAttempts}`, align: 'right' },
            { title: 'changed', value: ({ changedAt }) => time(changedAt) },
            { title: 'why', value: ({ holdReason, lastError }) => holdReason ?? lastError, flexible: true },
          ],
          page.nodes,
          'no deliveries',
        ),
      )
      noteRest(out, page)
    }),
  )
}
