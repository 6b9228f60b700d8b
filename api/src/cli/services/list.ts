import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { serviceFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { styleOf } from '../output/paint.ts'
import { milliseconds, percent, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Services = graphql(`
  query CliServices($filter: ServiceFilter, $first: Int!, $after: String) {
    services(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id name url healthUrl version status statusSince lastSeen lastCheckedAt latencyMs lastError availability24h
        owner tags dependsOn dependants monitored
      }
    }
  }
`)

export function addServicesList(parent: Command, io: Io): void {
  const command = addPaging(parent.command('list').description('list registered services with their health'))
  addFilter(command, serviceFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(serviceFlags, { ...options })
      const page = await collect(options, async (range) => (await api.run(Services, { filter, ...range })).services)
      out.result(page, () =>
        out.table(
          [
            { title: 'name', value: ({ name }) => name },
            { title: 'status', value: ({ status }) => status, style: ({ status }) => styleOf(status) },
            { title: 'since', value: ({ statusSince }) => time(statusSince) },
            { title: 'latency', value: ({ latencyMs }) => milliseconds(latencyMs), align: 'right' },
            { title: '24 h', value: ({ availability24h }) => percent(availability24h), align: 'right' },
            { title: 'version', value: ({ version }) => version },
            { title: 'url', value: ({ url }) => url, flexible: true },
            { title: 'error', value: ({ lastError }) => lastError, flexible: true },
          ],
          page.nodes,
          'no services are registered',
        ),
      )
      noteRest(out, page)
    }),
  )
}
