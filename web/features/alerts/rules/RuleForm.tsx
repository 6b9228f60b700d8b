'use client'

import { useRouter } from 'next/navigation'
import { useViewer } from '@/features/access/viewer.tsx'
import { confirm } from '@/lib/actions/confirm.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import type { RuleSettingsFragment } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { Diff } from '@/ui/values/Diff.tsx'
import { ALERT_QUERIES } from '../use-alert-actions.ts'
import { CreateRule, UpdateRule } from './documents.ts'
import { RuleFields } from './RuleFields.tsx'
import { RulePreview } from './RulePreview.tsx'
import classes from './Rules.module.css'
import { check, createInput, type RuleValues, updateInput } from './rule-values.ts'

interface RuleFormProps {
  /** The edited rule; null for a new one. */
  rule: RuleSettingsFragment | null
  initial: RuleValues
}

const REFETCH = ['RuleList', 'RuleDetails', ...ALERT_QUERIES]

/** The settings of a rule, with a preview beside them. */
export default function RuleForm({ rule, initial }: RuleFormProps) {
  const viewer = useViewer()
  const router = useRouter()
  const pathTo = useKeptPath()
  const show = (id: string) => router.push(pathTo('/alerts/rules', { open: id }))
  const create = useAction(CreateRule, {
    failed: 'Not created',
    quiet: true,
    done: ({ createAlertRule: { rule, warnings } }) =>
      [`${rule.name} is created, and evaluated at once.`, ...warnings].join(' '),
    refetch: REFETCH,
  })
  const update = useAction(UpdateRule, { failed: 'Not saved', quiet: true, done: () => 'Saved.', refetch: REFETCH })
  const server = useServerForm<RuleValues>({ initialValues: initial, validate: check }, async (values) => {
    if (!rule) {
      const data = await create.run({ input: createInput(values) })
      if (data) show(data.createAlertRule.rule.id)
      return
    }
    const input = updateInput(initial, values)
    const fields = Object.keys(input)
    const old = createInput(initial)
    const before = Object.fromEntries(fields.map((field) => [field, old[field as keyof typeof old]]))
    const { confirmed } = await confirm({
      title: 'Save these changes?',
      body: <Diff label="Changes" before={before} after={input} />,
      confirm: 'Save',
    })
    if (confirmed && (await update.run({ id: rule.id, input }))) show(rule.id)
  })
  const { values } = server.form
  return (
    <div className={classes.columns}>
      <Form
        label="Alert rule"
        server={server}
        submit={rule ? 'Save…' : 'Create the rule'}
        disabled={rule !== null && Object.keys(updateInput(initial, values)).length === 0}
        onCancel={() => router.push(pathTo('/alerts/rules', rule ? { open: rule.id } : {}))}
      >
        <RuleFields form={server.form} tenants={rule === null && viewer.tenantId === null ? viewer.tenants : []} />
      </Form>
      <RulePreview values={values} />
    </div>
  )
}
