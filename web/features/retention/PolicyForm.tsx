'use client'

import { NativeSelect } from '@mantine/core'
import { useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import type { RetentionSubject } from '@/lib/graphql.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { NumberField } from '@/ui/forms/NumberField.tsx'
import { SetRetention, SetTenantRetention } from './documents.ts'
import { daysText, SUBJECTS } from './words.ts'

const MOST_DAYS = 3_650

interface Values {
  tenantId: string
  retentionDays: number | ''
  [key: string]: unknown
}

interface PolicyFormProps {
  /** What the policy applies to. If `tenantId` is empty, the tenant is chosen in the form. */
  policy: { kind: 'installation'; subject: RetentionSubject } | { kind: 'tenant'; tenantId: string }
  days: number | null
  onClose: () => void
}

/** Sets how long the rows of a subject are kept. */
export default function PolicyForm({ policy, days, onClose }: PolicyFormProps) {
  const viewer = useViewer()
  const options = { failed: 'Not saved', quiet: true, refetch: ['RetentionOverview', 'TenantList'] }
  const setOfInstallation = useAction(SetRetention, {
    ...options,
    done: (_, { subject, retentionDays }) => `${SUBJECTS[subject].name} are kept ${daysText(retentionDays)}.`,
  })
  const setOfTenant = useAction(SetTenantRetention, {
    ...options,
    done: (_, { tenantId, retentionDays }) => `Events of ${tenantId} are kept ${daysText(retentionDays)}.`,
  })
  const server = useServerForm<Values>(
    {
      initialValues: { tenantId: policy.kind === 'tenant' ? policy.tenantId : '', retentionDays: days ?? '' },
      validate: {
        tenantId: (tenantId) => (policy.kind === 'installation' || tenantId ? null : 'Choose a tenant'),
        retentionDays: (value) =>
          Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_DAYS
            ? null
            : 'Enter a whole number of days, 1 to 3,650',
      },
    },
    async ({ tenantId, retentionDays }) => {
      const next = Number(retentionDays)
      const done =
        policy.kind === 'installation'
          ? await setOfInstallation.run({ subject: policy.subject, retentionDays: next })
          : await setOfTenant.run({ tenantId, retentionDays: next })
      if (done) onClose()
    },
  )
  const { form } = server
  const isShorter = days !== null && form.values.retentionDays !== '' && form.values.retentionDays < days
  const name =
    policy.kind === 'installation' ? SUBJECTS[policy.subject].name.toLowerCase() : policy.tenantId || 'a tenant'
  return (
    <Dialog title={`Retention of ${name}`} onClose={onClose}>
      <Form label="Retention" server={server} submit="Save" onCancel={onClose}>
        {policy.kind === 'tenant' && policy.tenantId === '' && (
          <NativeSelect
            label="Tenant"
            data={[{ value: '', label: 'Choose' }, ...viewer.tenants.map(({ id }) => ({ value: id, label: id }))]}
            {...form.getInputProps('tenantId')}
          />
        )}
        <NumberField
          label="Days"
          description={
            isShorter
              ? 'Shorter than now: the next prune run deletes what has expired by then.'
              : 'Takes effect with the next prune run.'
          }
          min={1}
          max={MOST_DAYS}
          {...form.getInputProps('retentionDays')}
        />
      </Form>
    </Dialog>
  )
}
