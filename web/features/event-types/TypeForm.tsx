'use client'

import { NativeSelect, Switch, Textarea, TextInput } from '@mantine/core'
import { SEVERITIES } from '@/features/events/severity.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import type { EventTypeItemFragment, Severity } from '@/lib/graphql.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { RegisterEventType } from './documents.ts'

interface Values {
  name: string
  description: string
  defaultSeverity: Severity
  tenantVisible: boolean
  schema: string
  example: string
  [key: string]: unknown
}

const text = (value: unknown): string => (value === null || value === undefined ? '' : JSON.stringify(value, null, 2))

function jsonProblem(value: string): string | null {
  if (value.trim() === '') return null
  try {
    JSON.parse(value)
    return null
  } catch (error) {
    return error instanceof Error ? `Is not JSON: ${error.message}` : 'Is not JSON'
  }
}

const json = (value: string): unknown => (value.trim() === '' ? null : JSON.parse(value))

/** Declares an event type, or edits its declaration. */
export default function TypeForm({ type, onClose }: { type: EventTypeItemFragment | null; onClose: () => void }) {
  const register = useAction(RegisterEventType, {
    failed: 'Not declared',
    quiet: true,
    done: ({ registerEventType }, { input }) =>
      `${input.name} is ${registerEventType.created ? 'declared' : 'changed'}.`,
    refetch: ['EventTypeList'],
  })
  const server = useServerForm<Values>(
    {
      initialValues: {
        name: type?.name ?? '',
        description: type?.description ?? '',
        defaultSeverity: type?.defaultSeverity ?? 'INFO',
        tenantVisible: type?.tenantVisible ?? false,
        schema: text(type?.schema),
        example: text(type?.example),
      },
      validate: {
        name: (name) => (/^\S{1,255}$/.test(name) ? null : 'Enter 1 to 255 characters without spaces'),
        description: (description) => (description.trim() ? null : 'Describe the meaning of the event'),
        schema: jsonProblem,
        example: jsonProblem,
      },
    },
    async ({ name, description, defaultSeverity, tenantVisible, schema, example }) => {
      const input = { name, description, defaultSeverity, tenantVisible, schema: json(schema), example: json(example) }
      if (await register.run({ input })) onClose()
    },
  )
  const { form } = server
  return (
    <Dialog title={type ? `Declaration of ${type.name}` : 'Declare an event type'} onClose={onClose} width={640}>
      <Form label="Declaration" server={server} submit={type?.declared ? 'Save' : 'Declare'} onCancel={onClose}>
        <TextInput label="Name" placeholder="order.created" disabled={type !== null} {...form.getInputProps('name')} />
        <TextInput label="Description" {...form.getInputProps('description')} />
        <NativeSelect
          label="Default severity"
          data={Object.entries(SEVERITIES).map(([value, { label }]) => ({ value, label }))}
          {...form.getInputProps('defaultSeverity')}
        />
        <Switch
          label="Tenants see system events of this type"
          {...form.getInputProps('tenantVisible', { type: 'checkbox' })}
        />
        <Textarea
          label="Schema"
          description="JSON Schema that validates payloads. Empty: any payload."
          autosize
          minRows={4}
          maxRows={14}
          ff="monospace"
          {...form.getInputProps('schema')}
        />
        <Textarea
          label="Example"
          description="An example payload"
          autosize
          minRows={3}
          maxRows={10}
          {...form.getInputProps('example')}
        />
      </Form>
    </Dialog>
  )
}
