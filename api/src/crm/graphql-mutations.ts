import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { STARTS_PACED } from '../graphql/paced-start.ts'
import { DeletePayload } from '../graphql/payloads.ts'
import { AiAttempt } from '../graphql/types/ai-attempt.ts'
import { uuidOf } from '../kit/ids.ts'
import { createActivity } from './create-activity.ts'
import { createLead } from './create-lead.ts'
import { deleteActivity } from './delete-activity.ts'
import { deleteLead } from './delete-lead.ts'
import { type ExtractedLead, extractLead } from './extract-lead.ts'
import { Activity, Lead } from './graphql.ts'
import { CreateActivityInput, CreateLeadInput, ExtractLeadInput, UpdateLeadInput } from './graphql-inputs.ts'
import type { ActivityRow, LeadRow } from './load.ts'
import { type SummarizedActivity, summarizeActivity } from './summarize-activity.ts'
import { updateLead } from './update-lead.ts'

const LeadPayload = builder.objectRef<{ lead: LeadRow }>('LeadPayload').implement({
  description: 'The lead after the change.',
  fields: (t) => ({ lead: t.expose('lead', { description: 'The lead after the change.', type: Lead }) }),
})

const ActivityPayload = builder.objectRef<{ activity: ActivityRow }>('ActivityPayload').implement({
  description: 'The activity after the change.',
  fields: (t) => ({
    activity: t.expose('activity', { description: 'The activity after the change.', type: Activity }),
  }),
})

const ABOUT_PROVIDER = {
  usedProvider: 'The AI provider that answered.',
  attempts: 'Every provider of the order up to the one that answered.',
}

const ExtractLeadPayload = builder.objectRef<ExtractedLead>('ExtractLeadPayload').implement({
  description: 'The facts about a person in a text.',
  fields: (t) => ({
    lead: t.expose('lead', {
      description: 'The saved lead; null if it was not saved.',
      type: Lead,
      nullable: true,
    }),
    draft: t.expose('draft', {
      description: '{ name, email, phone, company }, each null if the text does not contain it.',
      type: 'JSON',
    }),
    usedProvider: t.exposeString('usedProvider', { description: ABOUT_PROVIDER.usedProvider }),
    attempts: t.expose('attempts', {
      description: ABOUT_PROVIDER.attempts,
      type: [AiAttempt],
      extensions: costs({ rows: 5 }),
    }),
  }),
})

const SummarizeActivityPayload = builder.objectRef<SummarizedActivity>('SummarizeActivityPayload').implement({
  description: 'The activity with its summary.',
  fields: (t) => ({
    activity: t.expose('activity', { description: 'The activity after the change.', type: Activity }),
    usedProvider: t.exposeString('usedProvider', { description: ABOUT_PROVIDER.usedProvider }),
    attempts: t.expose('attempts', {
      description: ABOUT_PROVIDER.attempts,
      type: [AiAttempt],
      extensions: costs({ rows: 5 }),
    }),
  }),
})

/**
 * The cost of an operation that sends a request to an AI provider: the vendor charges for it, and the answer may take
 * seconds.
 */
const ASKS_A_PROVIDER = 100

builder.mutationFields((t) => {
  const leadId = t.arg.id({ required: true, description: 'A lead (lead_...).' })
  const activityId = t.arg.id({ required: true, description: 'An activity (act_...).' })
  return {
    createLead: t.field({
      description: 'Creates a lead and publishes lead.created.',
      type: LeadPayload,
      authScopes: { agent: true },
      audit: { action: 'lead.create', target: 'lead' },
      args: { input: t.arg({ type: CreateLeadInput, required: true, description: 'The lead.' }) },
      resolve: async (_root, { input }, context) => ({ lead: await createLead(context, context, input) }),
    }),
    updateLead: t.field({
      description: 'Changes only the given fields of a lead. Publishes lead.updated if anything changed.',
      type: LeadPayload,
      authScopes: { agent: true },
      audit: { action: 'lead.update', target: 'lead' },
      args: {
        id: leadId,
        input: t.arg({ type: UpdateLeadInput, required: true, description: 'The changes.' }),
      },
      resolve: async (_root, { id, input }, context) => ({
        lead: await updateLead(context, context, uuidOf('lead', id, 'id'), input),
      }),
    }),
    deleteLead: t.field({
      description: 'Deletes a lead and its activities permanently.',
      type: DeletePayload,
      authScopes: { agent: true },
      audit: { action: 'lead.delete', target: 'lead' },
      args: { id: leadId },
      resolve: async (_root, { id }, context) => {
        await deleteLead(context.core, context, uuidOf('lead', id, 'id'))
        return { deletedId: id }
      },
    }),
    extractLead: t.field({
      description:
        'An AI provider extracts contact details from free text. They are saved as a lead unless save is false.',
      type: ExtractLeadPayload,
      authScopes: { agent: true },
      audit: { action: 'lead.extract', target: 'lead' },
      extensions: { ...costs({ self: ASKS_A_PROVIDER }), ...STARTS_PACED },
      args: { input: t.arg({ type: ExtractLeadInput, required: true, description: 'The text.' }) },
      resolve: (_root, { input }, context) => extractLead(context, context, input),
    }),
    createActivity: t.field({
      description: 'Adds an activity to a lead and publishes activity.created.',
      type: ActivityPayload,
      authScopes: { agent: true },
      audit: { action: 'activity.create', target: 'activity' },
      args: { input: t.arg({ type: CreateActivityInput, required: true, description: 'The activity.' }) },
      resolve: async (_root, { input }, context) => ({ activity: await createActivity(context, context, input) }),
    }),
    deleteActivity: t.field({
      description: 'Deletes an activity permanently.',
      type: DeletePayload,
      authScopes: { agent: true },
      audit: { action: 'activity.delete', target: 'activity' },
      args: { id: activityId },
      resolve: async (_root, { id }, context) => {
        await deleteActivity(context.core, context, uuidOf('act', id, 'id'))
        return { deletedId: id }
      },
    }),
    summarizeActivity: t.field({
      description: 'An AI provider summarises an activity. Stores the summary and publishes ai.summary.created.',
      type: SummarizeActivityPayload,
      authScopes: { agent: true },
      audit: { action: 'activity.summarize', target: 'activity' },
      extensions: { ...costs({ self: ASKS_A_PROVIDER }), ...STARTS_PACED },
      args: { id: activityId },
      resolve: (_root, { id }, context) => summarizeActivity(context, context, uuidOf('act', id, 'id')),
    }),
  }
})
