import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { STARTS_PACED } from '../graphql/paced-start.ts'
import { AiAttempt } from '../graphql/types/ai-attempt.ts'
import type { Explanation } from './incidents/explain.ts'
import type { LinkedFact, IncidentLink as LinkShape } from './incidents/facts.ts'
import './ai.ts'

const IncidentLinkTarget = builder.enumType('IncidentLinkTarget', {
  description: "The kind of the target of an explanation's link.",
  values: {
    DELIVERIES: { description: 'The list of deliveries, with a DeliveryFilter.' },
    EVENTS: { description: 'The list of events, with an EventFilter.' },
    WEBHOOK: { description: 'A webhook, by its id.' },
    ALERT: { description: 'An alert, by its id.' },
    AUDIT: { description: 'The audit trail, with an AuditFilter.' },
  } as const,
})

const IncidentLink = builder.objectRef<LinkShape>('IncidentLink').implement({
  description: 'A page with the figures of an explanation.',
  fields: (t) => ({
    target: t.expose('target', { description: 'The target of the link.', type: IncidentLinkTarget }),
    id: t.exposeID('id', { description: 'The id of one object; null for a list.', nullable: true }),
    filter: t.expose('filter', {
      description: 'The filter of a list; null for one object.',
      type: 'JSON',
      nullable: true,
    }),
  }),
})

const IncidentFact = builder.objectRef<LinkedFact>('IncidentFact').implement({
  description: 'A statement that AetherLink gathered itself and sent to the provider.',
  fields: (t) => ({
    id: t.exposeString('id', { description: 'Its number in this explanation, such as f1.' }),
    kind: t.exposeString('kind', {
      description: 'SCOPE, TOTALS, CLUSTER, FIRST_FAILURE, LAST_FAILURE, TENANTS or CHANGE.',
    }),
    text: t.exposeString('text', { description: 'The statement.' }),
    link: t.expose('link', { description: 'The page with its figures.', type: IncidentLink, nullable: true }),
  }),
})

const IncidentLine = builder.objectRef<Explanation['lines'][number]>('IncidentLine').implement({
  description: 'A line of an explanation. Every number in it is in one of its facts.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'The line.' }),
    links: t.expose('links', {
      description: 'The pages with the figures of its facts.',
      type: [IncidentLink],
      extensions: costs({ rows: 3 }),
    }),
  }),
})

const ExplainIncidentInput = builder.inputType('ExplainIncidentInput', {
  description: 'The subject to explain: an alert, a webhook, or a time range.',
  fields: (t) => ({
    alertId: t.id({ description: 'An alert (alr_...): from the beginning of its window to its end.' }),
    webhookId: t.id({ description: 'A webhook (whk_...): its last 24 hours, unless `since` is set.' }),
    since: t.field({ type: 'DateTime', description: 'The beginning of the range, at most 7 days before its end.' }),
    until: t.field({ type: 'DateTime', description: 'The end of the range; default: now.' }),
    tenantId: t.string({ description: 'Only this tenant; default: all visible tenants.' }),
  }),
})

const ExplainIncidentPayload = builder.objectRef<Explanation>('ExplainIncidentPayload').implement({
  description: 'An explanation of an incident in five lines.',
  fields: (t) => ({
    lines: t.expose('lines', {
      description: 'What fails, how, since when, whom it affects, and what changed shortly before.',
      type: [IncidentLine],
      extensions: costs({ rows: 5 }),
    }),
    facts: t.expose('facts', {
      description: 'Everything that was gathered.',
      type: [IncidentFact],
      extensions: costs({ rows: 20 }),
    }),
    usedProvider: t.exposeString('usedProvider', { description: 'The AI provider that wrote the lines.' }),
    attempts: t.expose('attempts', {
      description: 'Every provider up to the one that answered, in order.',
      type: [AiAttempt],
      extensions: costs({ rows: 5 }),
    }),
  }),
})

/** The cost of an operation that counts up to a week of attempts and events. */
const READS_MUCH = 1_000

builder.mutationField('explainIncident', (t) =>
  t.field({
    description:
      'Gathers the figures, error clusters, first and last failure, affected tenants and preceding changes of an incident. An AI provider writes five lines about them.',
    type: ExplainIncidentPayload,
    authScopes: { agent: true },
    audit: { action: 'ai.explainIncident', target: 'incident' },
    extensions: { ...costs({ self: READS_MUCH }), ...STARTS_PACED },
    args: { input: t.arg({ type: ExplainIncidentInput, required: true, description: 'The incident to explain.' }) },
    resolve: (_root, { input }, context) => context.ai.explain(context.core, context, input),
  }),
)
