import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { silenceFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { count, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Silences = graphql(`
  query CliSilences($filter: SilenceFilter, $first: Int!, $after: String) {
    silences(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id matchers tenantId reason startsAt endsAt matching heldBack warnedAt createdAt
        createdBy { kind id name }
      }
    }
  }
`)

export function addSilencesList(parent: Command, io: Io): void {
  const command = addPaging(parent.command('list').description('list silences, newest first'))
  addFilter(command, silenceFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(silenceFlags, { ...options })
      const page = await collect(options, async (range) => (await api.run(Silences, { filter, ...range })).silences)
      out.result(page, () =>
        out.table(
          [
            { title: 'id', value: ({ id }) => id },
            { title: 'from', value: ({ startsAt }) => time(startsAt) },
            { title: 'until', value: ({ endsAt }) => time(endsAt) },
            { title: 'tenant', value: ({ tenantId }) => tenantId },
            { title: 'open alerts', value: ({ matching }) => count(matching), align: 'right' },
            { title: 'suppressed', value: ({ heldBack }) => count(heldBack), align: 'right' },
            { title: 'matches', value: ({ matchers }) => matchersText(matchers), flexible: true },
            { title: 'by', value: ({ createdBy }) => createdBy.name ?? createdBy.id, flexible: true },
            { title: 'reason', value: ({ reason }) => reason, flexible: true },
          ],
          page.nodes,
          'no silences',
        ),
      )
      noteRest(out, page)
    }),
  )
}

/** Matchers in words, such as "rule=Payments* source=shop-*". */
function matchersText(matchers: unknown): string {
  const { group, ...others }: Record<string, unknown> = Object(matchers)
  return Object.entries({ ...others, ...Object(group) })
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
