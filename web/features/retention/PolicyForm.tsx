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
  /** The subject of the policy. A tenant without a slug is chosen in the form. */
  of: { kind: 'installation'; subject: RetentionSubject } | { kind: 'tenant'; tenantId: string }
  days: number | null
  onClose: () => void
}

/** Sets how long something is kept. */
export default function PolicyForm({ of, days, onClose }: PolicyFormProps) {
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
      initialValues: { tenantId: of.kind === 'tenant' ? of.tenantId : '', retentionDays: days ?? '' },
      validate: {
        tenantId: (tenantId) => (of.kind === 'installation' || tenantId ? null : 'Choose a tenant'),
        retentionDays: (given) =>
          Number.isInteger(given) && Number(given) >= 1 && Number(given) <= MOST_DAYS
            ? null
            : 'Takes a whole number of days, 1 to 3,650',
      },
    },
    async ({ tenantId, retentionDays }) => {
      const next = Number(retentionDays)
      const done =
        of.kind === 'installation'
          ? await setOfInstallation.run({ subject: of.subject, retentionDays: next })
          : await setOfTenant.run({ tenantId, retentionDays: next })
      if (done) onClose()
    },
  )
  const { form } = server
  const isShorter = days !== null && form.values.retentionDays !== '' && form.values.retentionDays < days
  const name = of.kind === 'installation' ? SUBJECTS[of.subject].name.toLowerCase() : of.tenantId || 'a tenant'
  return (
    <Dialog title={`Retention of ${name}`} onClose={onClose}>
      <Form label="Retention" server={server} submit="Save" onCancel={onClose}>
        {of.kind === 'tenant' && of.tenantId === '' && (
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
              ? 'Shorter than now: the next prune run removes what has expired by then.'
              : 'Counts from the next prune run on.'
          }
          min={1}
          max={MOST_DAYS}
          {...form.getInputProps('retentionDays')}
        />
      </Form>
    </Dialog>
  )
}
