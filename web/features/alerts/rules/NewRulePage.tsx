'use client'

import { useQuery } from '@apollo/client/react'
import { parseAsString, useQueryState } from 'nuqs'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { readFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { TemplateDetails, TemplateItem } from '../templates/documents.ts'
import classes from './Rules.module.css'
import { NEW_RULE, valuesOfTemplate } from './rule-values.ts'

const RuleForm = lazily(() => import('./RuleForm.tsx'))

/** Creates a rule from scratch, or from a template whose id is in the URL. */
export function NewRulePage() {
  const viewer = useViewer()
  const tenantId = useTenantFilter()
  const [templateId] = useQueryState('template', parseAsString)
  const { data, error, loading } = useQuery(TemplateDetails, {
    variables: { id: templateId ?? '', tenantId },
    skip: templateId === null,
  })
  const template = data?.node?.__typename === 'AlertTemplate' ? readFragment(TemplateItem, data.node) : null
  const owner = tenantId ?? template?.tenantId ?? ''
  const initial = template ? valuesOfTemplate(template.rule) : templateId === null ? NEW_RULE : null
  const missing = error
    ? problemOf(error)
    : makeProblem('NOT_FOUND', `There is no template ${templateId} that you may see.`)
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>{template ? `New rule from ${template.name}` : 'New alert rule'}</h1>
      </div>
      {template?.warnings.map((warning) => (
        <p key={warning} role="note" className={classes.warning}>
          {warning}
        </p>
      ))}
      {!hasRole(viewer, 'OPERATOR') ? (
        <ProblemNotice problem={makeProblem('FORBIDDEN', 'Creating alert rules requires the role OPERATOR.')} />
      ) : initial ? (
        <RuleForm rule={null} initial={{ ...initial, tenantId: owner }} />
      ) : loading ? (
        <Placeholder rows={8} />
      ) : (
        <ProblemNotice problem={missing} />
      )}
    </div>
  )
}
