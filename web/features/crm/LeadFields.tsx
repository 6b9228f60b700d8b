import { NativeSelect, Textarea, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import type { CreateLeadInput, LeadStatus } from '@/lib/graphql.ts'
import { STATUS_ORDER, STATUSES } from './states.tsx'

export interface LeadValues {
  name: string
  email: string
  phone: string
  company: string
  source: string
  status: LeadStatus
  notes: string
  [key: string]: unknown
}

export const EMPTY_LEAD: LeadValues = {
  name: '',
  email: '',
  phone: '',
  company: '',
  source: '',
  status: 'NEW',
  notes: '',
}

export const validateLead = {
  name: (name: string) => (name.trim() ? null : 'Enter a name of 1 to 200 characters'),
  email: (email: string) => (email.trim() === '' || /^\S+@\S+$/.test(email.trim()) ? null : 'Not a mail address'),
}

const orNull = (text: string): string | null => text.trim() || null

/** The form's values as the API accepts them. */
export const leadInput = (values: LeadValues): Omit<CreateLeadInput, 'tenantId'> => ({
  name: values.name.trim(),
  email: orNull(values.email),
  phone: orNull(values.phone),
  company: orNull(values.company),
  source: orNull(values.source),
  status: values.status,
  notes: orNull(values.notes),
})

/** The fields of a lead. */
export function LeadFields({ form }: { form: UseFormReturnType<LeadValues> }) {
  return (
    <>
      <TextInput label="Name" maxLength={200} {...form.getInputProps('name')} />
      <TextInput label="Mail" type="email" {...form.getInputProps('email')} />
      <TextInput label="Telephone" type="tel" maxLength={40} {...form.getInputProps('phone')} />
      <TextInput label="Company" maxLength={200} {...form.getInputProps('company')} />
      <TextInput label="Source" description="How they came" maxLength={100} {...form.getInputProps('source')} />
      <NativeSelect
        label="Status"
        data={STATUS_ORDER.map((value) => ({ value, label: STATUSES[value].label }))}
        {...form.getInputProps('status')}
      />
      <Textarea label="Notes" autosize minRows={3} maxRows={10} maxLength={10_000} {...form.getInputProps('notes')} />
    </>
  )
}
