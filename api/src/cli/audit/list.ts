import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { auditFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const AuditEntries = graphql(`
  query CliAuditEntries($filter: AuditFilter, $first: Int!, $after: String) {
    auditEntries(filter: $filter, first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id at action outcome targetType targetId tenantId roles clientIp requestId actor { kind id name } }
    }
  }
`)

export function addAuditList(parent: Command, io: Io): void {
  const command = addPaging(parent.command('list').description('list entries of the audit trail, newest first'))
  addFilter(command, auditFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(auditFlags, { ...options })
      const page = await collect(
        options,
        async (range) => (await api.run(AuditEntries, { filter, ...range })).auditEntries,
      )
      out.result(page, () =>
        out.table(
          [
            { title: 'at', value: ({ at }) => time(at) },
            { title: 'actor', value: ({ actor }) => actor.name ?? actor.id, flexible: true },
            { title: 'action', value: ({ action }) => action },
            {
              title: 'outcome',
              value: ({ outcome }) => outcome,
              style: ({ outcome }) => (outcome === 'ALLOWED' ? undefined : 'red'),
            },
            { title: 'target', value: ({ targetId }) => targetId, flexible: true },
            { title: 'tenant', value: ({ tenantId }) => tenantId },
            { title: 'from', value: ({ clientIp }) => clientIp },
          ],
          page.nodes,
          'no entries',
        ),
      )
      noteRest(out, page)
    }),
  )
}
