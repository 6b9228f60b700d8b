import { builder } from '../graphql/builder.ts'
import { TimeWindow } from '../graphql/types/enums.ts'

export const LeadStatus = builder.enumType('LeadStatus', {
  description: 'The status of a lead.',
  values: {
    NEW: { description: 'No contact yet.' },
    CONTACTED: { description: 'The lead was contacted.' },
    QUALIFIED: { description: 'Need and budget are confirmed.' },
    WON: { description: 'The lead became a customer.' },
    LOST: { description: 'The lead will not become a customer.' },
  } as const,
})

export const ActivityKind = builder.enumType('ActivityKind', {
  description: 'The kind of contact of an activity.',
  values: {
    CALL: { description: 'A telephone or video call.' },
    EMAIL: { description: 'A mail, sent or received.' },
    MEETING: { description: 'A meeting.' },
    NOTE: { description: 'A note of the agent.' },
  } as const,
})

export const LeadFilter = builder.inputType('LeadFilter', {
  description: 'Filters a list of leads. An empty list does not filter.',
  fields: (t) => ({
    tenantId: t.string({ description: "One tenant's." }),
    statuses: t.field({ description: 'Only leads with one of these statuses.', type: [LeadStatus] }),
    sources: t.stringList({ description: 'Only leads from one of these sources, exact.' }),
    window: t.field({ description: 'Only leads created within this window; default: ALL.', type: TimeWindow }),
    since: t.field({ description: 'Only leads created at this time or later.', type: 'DateTime' }),
    until: t.field({ description: 'Only leads created before this time.', type: 'DateTime' }),
    search: t.string({
      description:
        'Only leads with this text in name, mail address, telephone number, company or notes, ignoring case.',
    }),
  }),
})

const ABOUT = {
  name: "The person's name, 1 to 200 characters.",
  email: 'Mail address.',
  phone: 'Telephone number, at most 40 characters.',
  company: 'The company of the person, at most 200 characters.',
  source: 'The origin of the lead, such as web form or fair; at most 100 characters.',
  notes: 'Notes, at most 10,000 characters.',
}

export const CreateLeadInput = builder.inputType('CreateLeadInput', {
  description: 'A new lead. Null counts as absent.',
  fields: (t) => ({
    name: t.string({ required: true, description: ABOUT.name }),
    tenantId: t.string({ description: 'The tenant of the lead; default: the tenant of the caller, else "default".' }),
    email: t.string({ description: ABOUT.email }),
    phone: t.string({ description: ABOUT.phone }),
    company: t.string({ description: ABOUT.company }),
    status: t.field({ description: 'Its status.', type: LeadStatus, defaultValue: 'NEW' }),
    source: t.string({ description: ABOUT.source }),
    notes: t.string({ description: ABOUT.notes }),
  }),
})

export const UpdateLeadInput = builder.inputType('UpdateLeadInput', {
  description: 'The changes of a lead; absent fields do not change. Null empties a field, except name and status.',
  fields: (t) => ({
    name: t.string({ description: ABOUT.name }),
    email: t.string({ description: ABOUT.email }),
    phone: t.string({ description: ABOUT.phone }),
    company: t.string({ description: ABOUT.company }),
    status: t.field({ description: 'Its status.', type: LeadStatus }),
    source: t.string({ description: ABOUT.source }),
    notes: t.string({ description: ABOUT.notes }),
  }),
})

export const ExtractLeadInput = builder.inputType('ExtractLeadInput', {
  description: 'Free text with contact details.',
  fields: (t) => ({
    text: t.string({ required: true, description: 'The text, such as a mail; 1 to 10,000 characters.' }),
    tenantId: t.string({ description: 'The tenant of the lead; default: the tenant of the caller, else "default".' }),
    save: t.boolean({
      description: 'Whether to save the lead at once; false returns only the draft, for correction.',
      defaultValue: true,
    }),
  }),
})

export const CreateActivityInput = builder.inputType('CreateActivityInput', {
  description: 'A new activity.',
  fields: (t) => ({
    leadId: t.id({ required: true, description: 'The lead (lead_...) that it belongs to.' }),
    kind: t.field({ required: true, description: 'The kind of contact.', type: ActivityKind }),
    body: t.string({ required: true, description: 'The content of the contact, 1 to 10,000 characters.' }),
    occurredAt: t.field({ description: 'The time of the contact; default: now.', type: 'DateTime' }),
  }),
})
