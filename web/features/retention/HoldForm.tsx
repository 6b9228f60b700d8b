'use client'

import { NativeSelect, TextInput } from '@mantine/core'
import { useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { SetLegalHold } from './documents.ts'

interface Values {
  tenantId: string
  reason: string
  [key: string]: unknown
}

/** Puts a tenant under legal hold. */
export default function HoldForm({ held, onClose }: { held: readonly string[]; onClose: () => void }) {
  const { tenants } = useViewer()
  const hold = useAction(SetLegalHold, {
    failed: 'Not held',
    quiet: true,
    done: (_, { tenantId }) => `Nothing of ${tenantId} is pruned until the hold is lifted.`,
    refetch: ['RetentionOverview'],
  })
  const server = useServerForm<Values>(
    {
      initialValues: { tenantId: '', reason: '' },
      validate: {
        tenantId: (tenantId) => (tenantId ? null : 'Choose a tenant'),
        reason: (reason) => (reason.trim() ? null : 'Enter the reason, such as a case number'),
      },
    },
    async ({ tenantId, reason }) => {
      if (await hold.run({ tenantId, hold: true, reason })) onClose()
    },
  )
  const { form } = server
  const free = tenants.filter(({ id }) => !held.includes(id)).map(({ id }) => ({ value: id, label: id }))
  return (
    <Dialog title="Legal hold" onClose={onClose}>
      <Form label="Legal hold" server={server} submit="Hold the tenant" onCancel={onClose}>
        <NativeSelect
          label="Tenant"
          description="No events, deliveries, alerts or audit entries of it are pruned."
          data={[{ value: '', label: 'Choose' }, ...free]}
          {...form.getInputProps('tenantId')}
        />
        <TextInput label="Reason" maxLength={500} {...form.getInputProps('reason')} />
      </Form>
    </Dialog>
  )
}
