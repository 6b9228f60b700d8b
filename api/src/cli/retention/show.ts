import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { details } from '../output/table.ts'
import { count, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Retention = graphql(`
  query CliRetention {
    retention {
      globalDefaultDays archiveEnabled archiveTarget nextPruneAt
      policies { subject retentionDays isDefault }
      tenantPolicies { tenantId retentionDays updatedAt }
      legalHolds { tenantId reason createdAt }
      lastPrune { id startedAt finishedAt totalPruned }
    }
  }
`)

const days = (number: number | null) =>
  number === null ? 'for ever' : number === 1 ? '1 day' : `${count(number)} days`

export function addRetentionShow(parent: Command, io: Io): void {
  parent
    .command('show')
    .description('show the retention policies, legal holds and the last prune run')
    .action(
      withSession(io, async ({ api, out }) => {
        const { retention } = await api.run(Retention, {})
        const { lastPrune, tenantPolicies, legalHolds } = retention
        out.result(retention, () =>
          details(
            [
              ...retention.policies.map(({ subject, retentionDays, isDefault }): [string, string] => [
                subject,
                `${days(retentionDays)}${isDefault ? ' (default)' : ''}`,
              ]),
              ...tenantPolicies.map(({ tenantId, retentionDays }): [string, string] => [
                `events of ${tenantId}`,
                days(retentionDays),
              ]),
              ...legalHolds.map(({ tenantId, reason }): [string, string] => [
                `events of ${tenantId}`,
                `legal hold${reason ? `: ${reason}` : ''}`,
              ]),
              ['archive', retention.archiveEnabled ? (retention.archiveTarget ?? 'on') : 'off: pruned events are gone'],
              ['last pruning', lastPrune ? `${time(lastPrune.startedAt)}: ${count(lastPrune.totalPruned)}` : 'never'],
              ['next pruning', retention.nextPruneAt ? time(retention.nextPruneAt) : null],
            ],
            out.paint,
          ),
        )
      }),
    )
}
