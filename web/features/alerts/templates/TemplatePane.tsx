'use client'

import { Button } from '@mantine/core'
import Link from 'next/link'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { SeverityBadge } from '@/features/events/severity.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { secondsText } from '@/lib/format/seconds-text.ts'
import type { TemplateItemFragment } from '@/lib/graphql.ts'
import { makeProblem } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import classes from '../Alerts.module.css'
import { conditionsText } from '../words.ts'
import { DeleteTemplate } from './documents.ts'
import { firesFromText, ruleOf } from './template-rule.ts'
import { useMaterialize, useTenantOfRule } from './use-materialize.ts'

interface TemplatePaneProps {
  id: string
  template: TemplateItemFragment | undefined
  onClose: () => void
}

/** One template and its rule. */
export function TemplatePane({ id, template, onClose }: TemplatePaneProps) {
  const viewer = useViewer()
  const may = hasRole(viewer, 'OPERATOR')
  return (
    <DetailPane
      kind="Alert template"
      id={id}
      onClose={onClose}
      footer={may && template && <Actions template={template} onGone={onClose} />}
    >
      {template ? (
        <Body template={template} />
      ) : (
        <ProblemNotice problem={makeProblem('NOT_FOUND', `There is no template ${id} that you may see.`)} />
      )}
    </DetailPane>
  )
}

function Actions({ template, onGone }: { template: TemplateItemFragment; onGone: () => void }) {
  const viewer = useViewer()
  const pathTo = useKeptPath()
  const { materialize, busy } = useMaterialize()
  const remove = useAction(DeleteTemplate, {
    failed: 'Not deleted',
    confirm: () => ({
      title: `Delete ${template.name}?`,
      body: 'The rules created from it remain.',
      confirm: 'Delete the template',
      danger: true,
    }),
    done: () => `${template.name} is deleted.`,
    refetch: ['TemplateList'],
  })
  const isOwn = !template.isBuiltin && (viewer.tenantId === null || viewer.tenantId === template.tenantId)
  return (
    <>
      <Button size="xs" onClick={() => void materialize(template)} loading={busy}>
        Materialize
      </Button>
      <Button
        component={Link}
        href={pathTo('/alerts/rules/new', { template: template.id })}
        prefetch={false}
        size="xs"
        variant="default"
      >
        Adjust it first
      </Button>
      {isOwn && (
        <Button
          size="xs"
          variant="default"
          loading={remove.busy}
          onClick={async () => {
            if (await remove.run({ id: template.id })) onGone()
          }}
        >
          Delete…
        </Button>
      )}
    </>
  )
}

function Body({ template }: { template: TemplateItemFragment }) {
  const rule = ruleOf(template.rule)
  const counted = useTenantOfRule()(template)
  return (
    <>
      <p className={classes.reason}>{template.description}</p>
      {template.warnings.map((warning) => (
        <p key={warning} role="note" className={classes.warning}>
          {warning}
        </p>
      ))}
      <Facts
        facts={[
          ['Name', <strong key="name">{template.name}</strong>],
          ['Slug', <code key="slug">{template.slug}</code>],
          ['Owner', template.isBuiltin ? 'built in' : (template.tenantId ?? 'the installation')],
          ['Rule', rule.name],
          ['Counts', conditionsText(rule)],
          ['Fires from', firesFromText(template.rule)],
          ['For each', rule.groupBy?.join(', ')],
          ['Severity', <SeverityBadge key="severity" severity={rule.severity} />],
          ['Notifies again', `every ${secondsText(rule.repeatIntervalSeconds ?? 0)} while it fires`],
          ['Advice', rule.description],
          ['Its rule counts', counted ? `events of ${counted}` : 'events of all tenants together'],
        ]}
      />
    </>
  )
}
