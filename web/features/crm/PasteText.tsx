'use client'

import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { Attempts } from '@/features/ai/Attempts.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { type ExtractLeadMutation, readFragment } from '@/lib/graphql.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { CreateLead, ExtractLead, LeadRow } from './documents.ts'
import { draftOf } from './draft.ts'
import { EMPTY_LEAD, LeadFields, type LeadValues, leadInput, validateLead } from './LeadFields.tsx'

interface PasteTextProps {
  onSaved: (id: string) => void
  onClose: () => void
}

type Extracted = ExtractLeadMutation['extractLead']

/** Extracts a lead from free text. The user corrects the result before saving it. */
export default function PasteText({ onSaved, onClose }: PasteTextProps) {
  const [draft, setDraft] = useState<{ text: string; extracted: Extracted } | null>(null)
  return (
    <Dialog title={draft ? 'Is this right?' : 'Lead from text'} onClose={onClose} width={600}>
      {draft ? (
        <Preview
          text={draft.text}
          extracted={draft.extracted}
          onSaved={onSaved}
          onBack={() => setDraft(null)}
          onClose={onClose}
        />
      ) : (
        <TextForm onFound={(text, extracted) => setDraft({ text, extracted })} onClose={onClose} />
      )}
    </Dialog>
  )
}

interface TextFormProps {
  onFound: (text: string, extracted: Extracted) => void
  onClose: () => void
}

function TextForm({ onFound, onClose }: TextFormProps) {
  const tenantId = useTenantFilter()
  const extract = useAction(ExtractLead, { failed: 'Nothing read', quiet: true })
  const server = useServerForm<{ text: string; [key: string]: unknown }>(
    {
      initialValues: { text: '' },
      validate: { text: (text) => (text.trim() ? null : 'Paste a text of 1 to 10,000 characters') },
    },
    async ({ text }) => {
      const data = await extract.run({ input: { text, save: false, tenantId } })
      if (data) onFound(text, data.extractLead)
    },
  )
  return (
    <Form label="Text" server={server} submit="Read it" onCancel={onClose}>
      <Textarea
        label="Text"
        description="A mail, a note, a message. It is sent to the AI provider that answers."
        autosize
        minRows={8}
        maxRows={18}
        maxLength={10_000}
        {...server.form.getInputProps('text')}
      />
    </Form>
  )
}

interface PreviewProps extends PasteTextProps {
  text: string
  extracted: Extracted
  onBack: () => void
}

function Preview({ text, extracted, onSaved, onBack, onClose }: PreviewProps) {
  const tenantId = useTenantFilter()
  const create = useAction(CreateLead, {
    failed: 'Not saved',
    quiet: true,
    done: (_, { input }) => `${input.name} is saved.`,
    refetch: ['LeadList'],
  })
  const server = useServerForm<LeadValues>(
    {
      initialValues: { ...EMPTY_LEAD, ...draftOf(extracted.draft), source: 'extracted', notes: text },
      validate: validateLead,
    },
    async (values) => {
      const data = await create.run({ input: { ...leadInput(values), tenantId } })
      if (!data) return
      onClose()
      onSaved(readFragment(LeadRow, data.createLead.lead).id)
    },
  )
  return (
    <>
      <Attempts usedProvider={extracted.usedProvider} attempts={extracted.attempts} />
      <Form label="Lead" server={server} submit="Save the lead" onCancel={onClose}>
        <LeadFields form={server.form} />
      </Form>
      <Button size="xs" variant="subtle" mt="xs" onClick={onBack}>
        Another text
      </Button>
    </>
  )
}
