'use client'

import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import type { Role } from '@/lib/graphql.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { CopyButton } from '@/ui/values/CopyButton.tsx'
import { CreateKey } from './documents.ts'
import classes from './Tenants.module.css'

interface Values {
  name: string
  role: Role
  tenantId: string
  expiresAt: string
  [key: string]: unknown
}

/** Creates an API key and shows it. The key can be shown only this once. */
export default function KeyForm({ onClose }: { onClose: () => void }) {
  const viewer = useViewer()
  const [secret, setSecret] = useState<string | null>(null)
  const create = useAction(CreateKey, { failed: 'Not created', quiet: true, refetch: ['KeyList'] })
  const server = useServerForm<Values>(
    {
      initialValues: { name: '', role: 'VIEWER', tenantId: '', expiresAt: '' },
      validate: { name: (name) => (name.trim() ? null : 'Enter the purpose of the key in 1 to 100 characters') },
    },
    async ({ name, role, tenantId, expiresAt }) => {
      const data = await create.run({
        input: {
          name,
          role,
          tenantId: tenantId || null,
          expiresAt: expiresAt ? new Date(expiresAt).toISOString() : null,
        },
      })
      if (data) setSecret(data.createApiKey.secret)
    },
  )
  const { form } = server
  if (secret)
    return (
      <Dialog
        title={`The key of ${form.values.name}`}
        onClose={onClose}
        footer={<Button onClick={onClose}>Done</Button>}
      >
        <div className={classes.secret} role="status">
          <strong>It is shown here only.</strong>
          <code data-testid="secret">{secret}</code>
          <CopyButton text={secret} what="the key" />
        </div>
      </Dialog>
    )
  return (
    <Dialog title="New API key" onClose={onClose}>
      <Form label="API key" server={server} submit="Create" onCancel={onClose}>
        <TextInput label="Name" placeholder="Orders service" maxLength={100} {...form.getInputProps('name')} />
        <NativeSelect
          label="Role"
          data={[
            { value: 'VIEWER', label: 'Viewer: reads' },
            { value: 'AGENT', label: 'Agent: also publishes events' },
            { value: 'OPERATOR', label: 'Operator: also replays and changes webhooks' },
            { value: 'ADMIN', label: 'Admin: also tenants, keys and audit' },
          ]}
          {...form.getInputProps('role')}
        />
        {viewer.tenantId === null && (
          <NativeSelect
            label="Tenant"
            data={[{ value: '', label: 'All tenants' }, ...viewer.tenants.map(({ id }) => ({ value: id, label: id }))]}
            {...form.getInputProps('tenantId')}
          />
        )}
        <TextInput
          label="Expires"
          description="Empty: never"
          type="datetime-local"
          {...form.getInputProps('expiresAt')}
        />
      </Form>
    </Dialog>
  )
}
