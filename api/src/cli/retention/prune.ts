import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count, milliseconds, time } from '../output/text.ts'
import { EXIT } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Prune = graphql(`
  mutation CliPruneEvents($dryRun: Boolean!) {
    pruneEvents(dryRun: $dryRun) {
      run {
        id dryRun startedAt finishedAt totalPruned
        scopes { subject scope tenantId retentionDays cutoff prunedCount archivedCount strategy durationMs error }
        otherScopes { subject scope tenantId retentionDays cutoff prunedCount archivedCount strategy durationMs error }
      }
    }
  }
`)

export function addRetentionPrune(parent: Command, io: Io): void {
  parent
    .command('prune')
    .description('delete expired rows now, after archiving them if the archive is on')
    .option('--dry-run', 'delete nothing; count the rows that would be deleted')
    .action(
      withSession(io, async ({ api, out }, { dryRun = false }: { dryRun?: boolean }) => {
        const { run } = (await api.run(Prune, { dryRun })).pruneEvents
        const scopes = [...run.scopes, ...run.otherScopes]
        out.result(run, () => {
          const rows = out.table(
            [
              { title: 'what', value: ({ subject }) => subject },
              { title: 'scope', value: ({ scope }) => scope },
              { title: 'older than', value: ({ cutoff }) => time(cutoff) },
              { title: dryRun ? 'would go' : 'pruned', value: ({ prunedCount }) => count(prunedCount), align: 'right' },
              { title: 'archived', value: ({ archivedCount }) => count(archivedCount), align: 'right' },
              { title: 'how', value: ({ strategy }) => strategy },
              { title: 'took', value: ({ durationMs }) => milliseconds(durationMs), align: 'right' },
              { title: 'kept because', value: ({ error }) => error, flexible: true },
            ],
            scopes,
            'nothing is kept, so nothing to prune',
          )
          return `${rows}\n\n${count(run.totalPruned)} ${dryRun ? 'would be pruned' : 'pruned'}`
        })
        return scopes.some(({ error }) => error !== null) ? EXIT.partial : EXIT.ok
      }),
    )
}
