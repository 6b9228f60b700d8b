'use client'

import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import { type LeadRowFragment, readFragment } from '@/lib/graphql.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { CreateLead, LeadRow, UpdateLead } from './documents.ts'
import { EMPTY_LEAD, LeadFields, type LeadValues, leadInput, validateLead } from './LeadFields.tsx'

interface LeadFormProps {
  lead: LeadRowFragment | null
  onSaved?: (id: string) => void
  onClose: () => void
}

const valuesOf = (lead: LeadRowFragment): LeadValues => ({
  name: lead.name,
  email: lead.email ?? '',
  phone: lead.phone ?? '',
  company: lead.company ?? '',
  source: lead.source ?? '',
  status: lead.status,
  notes: lead.notes ?? '',
})

/** Creates or edits a lead. */
export default function LeadForm({ lead, onSaved, onClose }: LeadFormProps) {
  const tenantId = useTenantFilter()
  const options = { failed: 'Not saved', quiet: true, refetch: ['LeadList', 'LeadDetails'] }
  const create = useAction(CreateLead, { ...options, done: (_, { input }) => `${input.name} is saved.` })
  const update = useAction(UpdateLead, { ...options, done: (_, { input }) => `${input.name} is saved.` })
  const server = useServerForm<LeadValues>(
    { initialValues: lead ? valuesOf(lead) : EMPTY_LEAD, validate: validateLead },
    async (values) => {
      const input = leadInput(values)
      if (lead) {
        if (await update.run({ id: lead.id, input })) onClose()
        return
      }
      const data = await create.run({ input: { ...input, tenantId } })
      if (!data) return
      onClose()
      onSaved?.(readFragment(LeadRow, data.createLead.lead).id)
    },
  )
  return (
    <Dialog title={lead ? `Change ${lead.name}` : 'New lead'} onClose={onClose}>
      <Form label="Lead" server={server} submit="Save" onCancel={onClose}>
        <LeadFields form={server.form} />
      </Form>
    </Dialog>
  )
}
