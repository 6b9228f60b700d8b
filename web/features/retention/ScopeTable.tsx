import { duration } from '@/lib/format/time.ts'
import { type PruneRunScopesFragment, readFragment } from '@/lib/graphql.ts'
import { Scrollable } from '@/ui/Scrollable.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { PruneScopeRow } from './documents.ts'
import classes from './Retention.module.css'
import { daysText, STRATEGIES, SUBJECTS } from './words.ts'

const number = new Intl.NumberFormat('en')

/** The results of a prune run per scope. */
export function ScopeTable({ run }: { run: PruneRunScopesFragment }) {
  const scopes = readFragment(PruneScopeRow, [...run.scopes, ...run.otherScopes])
  if (scopes.length === 0) return <p className={classes.note}>It has no results yet.</p>
  return (
    <Scrollable label="Scopes of the run">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Scope</th>
            <th scope="col">What</th>
            <th scope="col">Kept</th>
            <th scope="col">Older than</th>
            <th scope="col" data-number>
              {run.dryRun ? 'Would go' : 'Went'}
            </th>
            <th scope="col" data-number>
              Archived
            </th>
            <th scope="col">How</th>
            <th scope="col" data-number>
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {scopes.map((scope) => (
            <tr key={`${scope.subject} ${scope.scope}`}>
              <th scope="row">{scope.scope}</th>
              <td>{SUBJECTS[scope.subject].name}</td>
              <td>{daysText(scope.retentionDays)}</td>
              <td>
                <Time at={scope.cutoff} show="clock" />
              </td>
              <td data-number>{number.format(scope.prunedCount)}</td>
              <td data-number title={scope.archiveFiles.join('\n') || undefined}>
                {number.format(scope.archivedCount)}
              </td>
              <td>
                {STRATEGIES[scope.strategy] ?? scope.strategy}
                {scope.error && <span className={classes.error}>✕ {scope.error}</span>}
              </td>
              <td data-number>{duration(scope.durationMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrollable>
  )
}
