import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { healFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { styleOf } from '../output/paint.ts'
import { time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const History = graphql(`
  query CliHealHistory($filter: HealAttemptFilter, $first: Int!, $after: String) {
    autoHeal {
      history(filter: $filter, first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          id targetId container action trigger reason number outcome message startedAt durationMs exitCode oomKilled
          stillHealthyAfter
        }
      }
    }
  }
`)

export function addHealHistory(parent: Command, io: Io): void {
  const command = addPaging(parent.command('history').description('list attempts to heal containers, newest first'))
  addFilter(command, healFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(healFlags, { ...options })
      const page = await collect(
        options,
        async (range) => (await api.run(History, { filter, ...range })).autoHeal.history,
      )
      out.result(page, () =>
        out.table(
          [
            { title: 'id', value: ({ id }) => id },
            { title: 'started', value: ({ startedAt }) => time(startedAt) },
            { title: 'container', value: ({ container }) => container },
            { title: 'action', value: ({ action }) => action },
            { title: 'outcome', value: ({ outcome }) => outcome, style: ({ outcome }) => styleOf(outcome) },
            { title: 'reason', value: ({ reason }) => reason, flexible: true },
            { title: 'message', value: ({ message }) => message, flexible: true },
          ],
          page.nodes,
          'no attempts',
        ),
      )
      noteRest(out, page)
    }),
  )
}
