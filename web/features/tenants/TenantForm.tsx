'use client'

import { TextInput } from '@mantine/core'
import { useAction } from '@/lib/actions/use-action.ts'
import type { TenantItemFragment } from '@/lib/graphql.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { NumberField } from '@/ui/forms/NumberField.tsx'
import { CreateTenant, UpdateTenant } from './documents.ts'

interface Values {
  id: string
  name: string
  publishLimit: number | ''
  requestLimit: number | ''
  [key: string]: unknown
}

const ownLimit = ({ perSecond, isDefault }: TenantItemFragment['publishLimit']): number | '' =>
  isDefault ? '' : (perSecond ?? '')

const limit = (value: number | '') => (value === '' ? null : { perSecond: value })

/** Creates a tenant, or edits its name and limits. */
export default function TenantForm({ tenant, onClose }: { tenant: TenantItemFragment | null; onClose: () => void }) {
  const refetch = ['TenantList', 'CurrentViewer']
  const create = useAction(CreateTenant, {
    failed: 'Not created',
    quiet: true,
    done: (_, { input }) => `${input.id} is created.`,
    refetch,
  })
  const update = useAction(UpdateTenant, {
    failed: 'Not saved',
    quiet: true,
    done: (_, { id }) => `${id} is saved.`,
    refetch,
  })
  const server = useServerForm<Values>(
    {
      initialValues: {
        id: tenant?.id ?? '',
        name: tenant?.name ?? '',
        publishLimit: tenant ? ownLimit(tenant.publishLimit) : '',
        requestLimit: tenant ? ownLimit(tenant.requestLimit) : '',
      },
      validate: {
        id: (id) =>
          /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/.test(id)
            ? null
            : 'Enter at most 63 lower-case letters, digits, - and _',
        name: (name) => (name.trim() ? null : 'Enter a name of 1 to 100 characters'),
      },
    },
    async ({ id, name, publishLimit, requestLimit }) => {
      const done = tenant
        ? await update.run({
            id,
            input: { name, publishLimit: limit(publishLimit), requestLimit: limit(requestLimit) },
          })
        : await create.run({ input: { id, name } })
      if (done) onClose()
    },
  )
  const { form } = server
  return (
    <Dialog title={tenant ? `Change ${tenant.id}` : 'New tenant'} onClose={onClose}>
      <Form label="Tenant" server={server} submit={tenant ? 'Save' : 'Create'} onCancel={onClose}>
        <TextInput
          label="Slug"
          description="Permanent: it identifies the tenant everywhere."
          disabled={tenant !== null}
          {...form.getInputProps('id')}
        />
        <TextInput label="Name" maxLength={100} {...form.getInputProps('name')} />
        {tenant && (
          <>
            <NumberField
              label="Events per second"
              description="Empty: the installation's setting"
              min={1}
              {...form.getInputProps('publishLimit')}
            />
            <NumberField
              label="Requests per second"
              description="Empty: the installation's setting"
              min={1}
              {...form.getInputProps('requestLimit')}
            />
          </>
        )}
      </Form>
    </Dialog>
  )
}
