'use client'

import { useQuery } from '@apollo/client/react'
import { readFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Diff } from '@/ui/values/Diff.tsx'
import { Time } from '@/ui/values/Time.tsx'
import classes from './Audit.module.css'
import { AuditOfTarget, AuditRow } from './documents.ts'
import { OutcomeBadge } from './outcome.tsx'

/** The audit trail of one object, newest first. For administrators. */
export function AuditTrail({ targetId }: { targetId: string }) {
  const { data, error, loading, refetch } = useQuery(AuditOfTarget, { variables: { targetId } })
  if (!data) {
    if (loading) return <Placeholder rows={4} />
    const problem = error ? problemOf(error) : makeProblem('INTERNAL', 'The API answered without entries.')
    return <ProblemNotice problem={problem} onRetry={() => void refetch().catch(() => undefined)} />
  }
  const entries = readFragment(AuditRow, data.auditEntries.nodes)
  if (entries.length === 0) return <p className={classes.none}>There are no audit entries about it.</p>
  return (
    <ol className={classes.trail}>
      {entries.map((entry) => (
        <li key={entry.id}>
          <div className={classes.lead}>
            <OutcomeBadge outcome={entry.outcome} />
            <strong>{entry.action}</strong>
            <span>{entry.actor.name ?? entry.actor.id}</span>
            <Time at={entry.at} />
          </div>
          <details>
            <summary>What changed</summary>
            <Diff label={`Changes of ${entry.action}`} before={entry.before} after={entry.after} />
          </details>
        </li>
      ))}
    </ol>
  )
}
