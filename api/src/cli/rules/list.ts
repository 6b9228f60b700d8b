import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { ruleFlags } from '../flags/filters.ts'
import { addPaging, collect, noteRest, type PageOptions } from '../flags/page.ts'
import { styleOf } from '../output/paint.ts'
import { count } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Rules = graphql(`
  query CliRules($filter: AlertRuleFilter, $first: Int!, $after: String) {
    alertRules(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id name enabled severity tenantId eventType source eventSeverity threshold windowSeconds groupBy repeatIntervalSeconds
        lastEvaluation { at outcome matched explanation }
      }
    }
  }
`)

export function addRulesList(parent: Command, io: Io): void {
  const command = addPaging(parent.command('list').description('list alert rules with their last evaluation'))
  addFilter(command, ruleFlags).action(
    withSession(io, async ({ api, out }, options: PageOptions) => {
      const filter = filterFrom(ruleFlags, { ...options })
      const page = await collect(options, async (range) => (await api.run(Rules, { filter, ...range })).alertRules)
      out.result(page, () =>
        out.table(
          [
            { title: 'id', value: ({ id }) => id },
            { title: 'on', value: ({ enabled }) => (enabled ? 'yes' : 'no') },
            { title: 'severity', value: ({ severity }) => severity, style: ({ severity }) => styleOf(severity) },
            { title: 'name', value: ({ name }) => name, flexible: true },
            { title: 'counts', value: ({ eventType }) => eventType ?? 'any type', flexible: true },
            { title: 'fires at', value: (rule) => `${count(rule.threshold)} in ${rule.windowSeconds} s` },
            { title: 'tenant', value: ({ tenantId }) => tenantId },
            { title: 'last evaluation', value: (rule) => rule.lastEvaluation?.explanation, flexible: true },
          ],
          page.nodes,
          'no rules',
        ),
      )
      noteRest(out, page)
    }),
  )
}
