import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { text } from '../flags/parsers.ts'
import { bytes, count, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Archives = graphql(`
  query CliArchives($tenantId: String, $first: Int!, $after: String) {
    archives(tenantId: $tenantId, first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id tenantId day part events bytes sha256 location createdAt verifiedAt restoredAt }
    }
  }
`)

export function addArchiveList(parent: Command, io: Io): void {
  addPaging(parent.command('list').description('list archive files, newest first'))
    .option('--tenant-id <TENANT>', 'of one tenant, by its slug', text)
    .action(
      withSession(io, async ({ api, out }, { tenantId, ...options }: PageOptions & { tenantId?: string }) => {
        const page = await collect(options, async (range) => (await api.run(Archives, { tenantId, ...range })).archives)
        out.result(page, () =>
          out.table(
            [
              { title: 'id', value: ({ id }) => id },
              { title: 'day', value: ({ day }) => day },
              { title: 'tenant', value: (file) => file.tenantId ?? 'system' },
              { title: 'events', value: ({ events }) => count(events), align: 'right' },
              { title: 'size', value: (file) => bytes(file.bytes), align: 'right' },
              { title: 'verified', value: ({ verifiedAt }) => time(verifiedAt) },
              { title: 'restored', value: ({ restoredAt }) => time(restoredAt) },
              { title: 'location', value: ({ location }) => location, flexible: true },
            ],
            page.nodes,
            'no archive files',
          ),
        )
        noteRest(out, page)
      }),
    )
}
