import { type Command, Option } from 'commander'
import { BulkReplayStatus } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { several } from '../flags/filter.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { oneOf, text } from '../flags/parsers.ts'
import { styleOf } from '../output/paint.ts'
import { count, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const BulkReplays = graphql(`
  query CliBulkReplays($statuses: [BulkReplayStatus!], $tenantId: String, $first: Int!, $after: String) {
    bulkReplays(statuses: $statuses, tenantId: $tenantId, first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id status paused total replayed skipped delivered failed reason createdAt finishedAt
        startedBy { kind id name }
      }
    }
  }
`)

interface ListOptions extends PageOptions {
  statuses?: BulkReplayStatus[]
  tenantId?: string
}

const statusFlag = several('STATUS', Object.values(BulkReplayStatus).join(', '), oneOf(BulkReplayStatus))

export function addReplaysList(parent: Command, io: Io): void {
  addPaging(parent.command('list').description('list bulk replays, newest first'))
    .addOption(new Option(`--statuses <${statusFlag.placeholder}>`, statusFlag.help).argParser(statusFlag.parse))
    .option('--tenant-id <TENANT>', 'of one tenant, by its slug', text)
    .action(
      withSession(io, async ({ api, out }, { statuses, tenantId, ...options }: ListOptions) => {
        const page = await collect(
          options,
          async (range) => (await api.run(BulkReplays, { statuses, tenantId, ...range })).bulkReplays,
        )
        out.result(page, () =>
          out.table(
            [
              { title: 'id', value: ({ id }) => id },
              {
                title: 'status',
                value: (row) => (row.paused ? 'PAUSED' : row.status),
                style: (row) => styleOf(row.status),
              },
              { title: 'total', value: ({ total }) => count(total), align: 'right' },
              { title: 'replayed', value: ({ replayed }) => count(replayed), align: 'right' },
              { title: 'delivered', value: ({ delivered }) => count(delivered), align: 'right' },
              { title: 'failed', value: ({ failed }) => count(failed), align: 'right' },
              { title: 'skipped', value: ({ skipped }) => count(skipped), align: 'right' },
              { title: 'started', value: ({ createdAt }) => time(createdAt) },
              { title: 'by', value: ({ startedBy }) => startedBy.name ?? startedBy.id, flexible: true },
              { title: 'reason', value: ({ reason }) => reason, flexible: true },
            ],
            page.nodes,
            'no bulk replays',
          ),
        )
        noteRest(out, page)
      }),
    )
}
