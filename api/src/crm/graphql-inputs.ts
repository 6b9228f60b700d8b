import { builder } from '../graphql/builder.ts'
import { TimeWindow } from '../graphql/enums.ts'

export const LeadStatus = builder.enumType('LeadStatus', {
  description: 'How far a lead has come.',
  values: {
    NEW: { description: 'No contact yet.' },
    CONTACTED: { description: 'Somebody has been in touch.' },
    QUALIFIED: { description: 'Need and means are known.' },
    WON: { description: 'They became a customer.' },
    LOST: { description: 'They will not become one.' },
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
    statuses: t.field({ description: 'With one of these statuses.', type: [LeadStatus] }),
    sources: t.stringList({ description: 'That came by one of these ways, exact.' }),
    window: t.field({ description: 'Made within this stretch of time; ALL when left out.', type: TimeWindow }),
    since: t.field({ description: 'Made at this instant or later.', type: 'DateTime' }),
    until: t.field({ description: 'Made before this instant.', type: 'DateTime' }),
    search: t.string({
      description: 'With this in name, mail address, telephone number, company or notes, in any case.',
    }),
  }),
})

const ABOUT = {
  name: "The person's name, 1 to 200 characters.",
  email: 'Mail address.',
  phone: 'Telephone number, at most 40 characters.',
  company: 'For whom they work, at most 200 characters.',
  source: 'How they came, such as web form or fair; at most 100 characters.',
  notes: 'Notes, at most 10,000 characters.',
}

export const CreateLeadInput = builder.inputType('CreateLeadInput', {
  description: 'A new lead. Null counts as left out.',
  fields: (t) => ({
    name: t.string({ required: true, description: ABOUT.name }),
    tenantId: t.string({ description: 'Whose lead it is; the tenant of the caller when left out, else "default".' }),
    email: t.string({ description: ABOUT.email }),
    phone: t.string({ description: ABOUT.phone }),
    company: t.string({ description: ABOUT.company }),
    status: t.field({ description: 'How far it has come.', type: LeadStatus, defaultValue: 'NEW' }),
    source: t.string({ description: ABOUT.source }),
    notes: t.string({ description: ABOUT.notes }),
  }),
})

export const UpdateLeadInput = builder.inputType('UpdateLeadInput', {
  description: 'What to change of a lead; what is left out stays. Null empties a field, except name and status.',
  fields: (t) => ({
    name: t.string({ description: ABOUT.name }),
    email: t.string({ description: ABOUT.email }),
    phone: t.string({ description: ABOUT.phone }),
    company: t.string({ description: ABOUT.company }),
    status: t.field({ description: 'How far it has come.', type: LeadStatus }),
    source: t.string({ description: ABOUT.source }),
    notes: t.string({ description: ABOUT.notes }),
  }),
})

export const ExtractLeadInput = builder.inputType('ExtractLeadInput', {
  description: 'Free text to read contact details out of.',
  fields: (t) => ({
    text: t.string({ required: true, description: 'The text, such as a mail; 1 to 10,000 characters.' }),
    tenantId: t.string({ description: 'Whose lead it is; the tenant of the caller when left out, else "default".' }),
    save: t.boolean({
      description: 'Whether to save the lead at once; false answers the draft alone, to be corrected.',
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
    occurredAt: t.field({ description: 'When it was; now when left out.', type: 'DateTime' }),
  }),
})
