'use client'

import { useQuery } from '@apollo/client/react'
import { useMemo } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { readFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { RuleSettings, RuleToEdit } from './documents.ts'
import classes from './Rules.module.css'
import { valuesOf } from './rule-values.ts'

const RuleForm = lazily(() => import('./RuleForm.tsx'))

/** Edits a rule, with a preview over the stored history beside the form. */
export function EditRulePage({ id }: { id: string }) {
  const viewer = useViewer()
  // Not polled: changes saved by another user must not overwrite the text being typed.
  const { data, error, loading, refetch } = useQuery(RuleToEdit, { variables: { id }, fetchPolicy: 'network-only' })
  const node = data?.node?.__typename === 'AlertRule' && !data.node.deletedAt ? data.node : null
  const rule = readFragment(RuleSettings, node)
  const initial = useMemo(() => rule && valuesOf(rule), [rule])
  const problem = error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no alert rule ${id} that you may see.`)
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>{rule?.name ?? 'Alert rule'}</h1>
      </div>
      {!hasRole(viewer, 'OPERATOR') ? (
        <ProblemNotice problem={makeProblem('FORBIDDEN', 'Changing alert rules requires the role OPERATOR.')} />
      ) : rule && initial ? (
        <RuleForm rule={rule} initial={initial} />
      ) : loading ? (
        <Placeholder rows={8} />
      ) : (
        <ProblemNotice problem={problem} onRetry={() => void refetch().catch(() => undefined)} retrying={loading} />
      )}
    </div>
  )
}
