'use client'

import { NativeSelect, Textarea } from '@mantine/core'
import { useAction } from '@/lib/actions/use-action.ts'
import type { ActivityKind } from '@/lib/graphql.ts'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { CreateActivity } from './documents.ts'
import { KINDS } from './states.tsx'

interface Values {
  kind: ActivityKind
  body: string
  [key: string]: unknown
}

/** Adds a call, mail, meeting or note to a lead. */
export function ActivityForm({ leadId }: { leadId: string }) {
  const create = useAction(CreateActivity, { failed: 'Not added', quiet: true, refetch: ['LeadDetails'] })
  const server = useServerForm<Values>(
    {
      initialValues: { kind: 'CALL', body: '' },
      validate: { body: (body) => (body.trim() ? null : 'Describe the contact') },
    },
    async ({ kind, body }) => {
      if (await create.run({ input: { leadId, kind, body } })) server.form.reset()
    },
  )
  const { form } = server
  return (
    <Form label="New activity" server={server} submit="Add">
      <NativeSelect
        label="Kind"
        data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
        {...form.getInputProps('kind')}
      />
      <Textarea
        label="Content of the contact"
        autosize
        minRows={2}
        maxRows={10}
        maxLength={10_000}
        {...form.getInputProps('body')}
      />
    </Form>
  )
}
