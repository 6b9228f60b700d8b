import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { leadFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Leads = graphql(`
  query CliLeads($filter: LeadFilter, $first: Int!, $after: String) {
    leads(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { id tenantId name email phone company status source notes createdAt updatedAt }
    }
  }
`)

export function addLeadsList(parent: Command, io: Io): void {
  const command = addPaging(parent.command('list').description('list leads, newest first'))
  addFilter(command, leadFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(leadFlags, { ...options })
      const page = await collect(options, async (range) => (await api.run(Leads, { filter, ...range })).leads)
      out.result(page, () =>
        out.table(
          [
            { title: 'id', value: ({ id }) => id },
            { title: 'status', value: ({ status }) => status },
            { title: 'name', value: ({ name }) => name, flexible: true },
            { title: 'company', value: ({ company }) => company, flexible: true },
            { title: 'email', value: ({ email }) => email, flexible: true },
            { title: 'phone', value: ({ phone }) => phone },
            { title: 'tenant', value: ({ tenantId }) => tenantId },
            { title: 'created', value: ({ createdAt }) => time(createdAt) },
          ],
          page.nodes,
          'no leads',
        ),
      )
      noteRest(out, page)
    }),
  )
}
