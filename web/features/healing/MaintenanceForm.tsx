'use client'

import { NativeSelect, TextInput } from '@mantine/core'
import { useAction } from '@/lib/actions/use-action.ts'
import type { HealTargetItemFragment } from '@/lib/graphql.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { SetHealMaintenance } from './documents.ts'

interface Values {
  length: string
  until: string
  [key: string]: unknown
}

/** Lengths in minutes; "until" asks for an end time. */
const LENGTHS = [
  { value: '30', label: '30 minutes' },
  { value: '60', label: '1 hour' },
  { value: '240', label: '4 hours' },
  { value: 'until', label: 'Until a time' },
]

const instantOf = ({ length, until }: Values): number =>
  length === 'until' ? Date.parse(until) : Date.now() + Number(length) * 60_000

/** Puts a container into maintenance until a given time: auto-heal does not act on it. */
export default function MaintenanceForm({ target, onClose }: { target: HealTargetItemFragment; onClose: () => void }) {
  const set = useAction(SetHealMaintenance, {
    failed: 'Not set',
    quiet: true,
    done: () => `${target.container} is in maintenance.`,
    refetch: ['AutoHealOverview'],
  })
  const server = useServerForm<Values>(
    {
      initialValues: { length: '30', until: '' },
      validate: {
        until: (_, values) => (instantOf(values) > Date.now() ? null : 'Choose a future time'),
      },
    },
    async (values) => {
      if (await set.run({ targetId: target.id, until: new Date(instantOf(values)).toISOString() })) onClose()
    },
  )
  const { form } = server
  return (
    <Dialog title={`Maintenance of ${target.container}`} onClose={onClose}>
      <Form label="Maintenance" server={server} submit="Start the maintenance" onCancel={onClose}>
        <NativeSelect
          label="For"
          description="It is not restarted during this time."
          data={LENGTHS}
          {...form.getInputProps('length')}
        />
        {form.values.length === 'until' && (
          <TextInput label="Until" type="datetime-local" {...form.getInputProps('until')} />
        )}
      </Form>
    </Dialog>
  )
}
