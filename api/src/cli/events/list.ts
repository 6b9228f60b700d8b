import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { eventFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { styleOf } from '../output/paint.ts'
import { time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Events = graphql(`
  query CliEvents($filter: EventFilter, $first: Int!, $after: String) {
    events(filter: $filter, first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id cursor type source severity subject tenantId correlationId receivedAt payload }
    }
  }
`)

export function addEventsList(parent: Command, io: Io): void {
  const command = addPaging(parent.command('list').description('list events, newest first'))
  addFilter(command, eventFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(eventFlags, { ...options })
      const page = await collect(options, async (range) => (await api.run(Events, { filter, ...range })).events)
      out.result(page, () =>
        out.table(
          [
            { title: 'received', value: ({ receivedAt }) => time(receivedAt) },
            { title: 'severity', value: ({ severity }) => severity, style: ({ severity }) => styleOf(severity) },
            { title: 'type', value: ({ type }) => type, flexible: true },
            { title: 'source', value: ({ source }) => source, flexible: true },
            { title: 'tenant', value: ({ tenantId }) => tenantId, flexible: true },
            { title: 'subject', value: ({ subject }) => subject, flexible: true },
            { title: 'id', value: ({ id }) => id },
          ],
          page.nodes,
          'no events',
        ),
      )
      noteRest(out, page)
    }),
  )
}
