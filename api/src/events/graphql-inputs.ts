import { builder } from '../graphql/builder.ts'
import { Severity, TimeWindow } from '../graphql/types/enums.ts'

export const EventFilter = builder.inputType('EventFilter', {
  description:
    'Filter of events. Conditions are combined with AND; an absent field or an empty list does not narrow the result.',
  fields: (t) => ({
    types: t.stringList({ description: 'Event types, exact or with "*" as a wildcard: "autoheal.*".' }),
    sources: t.stringList({ description: 'Sources, exact.' }),
    severities: t.field({ description: 'Severities.', type: [Severity] }),
    tenantId: t.string({ description: 'Only events of this tenant.' }),
    window: t.field({ description: 'Received within this time range; default ALL.', type: TimeWindow }),
    since: t.field({ description: 'Received at or after this time.', type: 'DateTime' }),
    until: t.field({ description: 'Received before this time.', type: 'DateTime' }),
    correlationId: t.string({ description: 'With this correlation id.' }),
    search: t.string({
      description:
        'Case-insensitive substring of type, source, subject or payload text; or a whole id: of an event (evt_...), of a delivery (dlv_..., which finds its event), or a correlation id.',
    }),
  }),
})

export const PublishEventInput = builder.inputType('PublishEventInput', {
  description: 'An event to publish.',
  fields: (t) => ({
    type: t.string({
      required: true,
      description: 'What happened, such as order.created; 1 to 255 characters without spaces.',
    }),
    source: t.string({ required: true, description: 'Name of the publishing service; 1 to 512 characters.' }),
    severity: t.field({ type: Severity, description: "Severity; default: the type's default severity." }),
    subject: t.string({ description: 'The object that the event is about; at most 1,024 characters.' }),
    tenantId: t.string({ description: 'Tenant of the event; default: the caller\'s tenant, otherwise "default".' }),
    payload: t.field({ type: 'JSON', description: 'Data of the event; default {}; at most 256 KiB as JSON.' }),
    occurredAt: t.field({ type: 'DateTime', description: 'When it happened; default: now.' }),
    idempotencyKey: t.string({
      description: 'Within 24 hours, the same key from the same tenant and source returns the first event.',
    }),
    correlationId: t.string({ description: 'Correlation id, shared by all events of one operation.' }),
    causationId: t.string({ description: 'The cause of the event, such as the id of another event.' }),
    traceparent: t.string({
      description:
        'W3C Trace Context of the event, which deliveries continue; default: the traceparent header of the request.',
    }),
    tracestate: t.string({ description: 'The tracestate that belongs to `traceparent`; at most 512 characters.' }),
    expiresAt: t.field({
      description:
        'Deliveries that have not arrived by then are CANCELLED, for events that are worthless later, such as one-time codes. It is expirytime in CloudEvents.',
      type: 'DateTime',
    }),
  }),
})

export const RegisterEventTypeInput = builder.inputType('RegisterEventTypeInput', {
  description:
    'Declaration of an event type. An absent field is set to its default, also if the type was declared before.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'Name of the type, such as order.created; 1 to 255 characters without spaces.',
    }),
    description: t.string({ required: true, description: 'The meaning of events of this type.' }),
    defaultSeverity: t.field({ type: Severity, description: 'Severity of events that specify none; default INFO.' }),
    schema: t.field({
      type: 'JSON',
      description: 'JSON Schema that validates payloads (draft-07, or 2020-12 if `$schema` says so); default: none.',
    }),
    tenantVisible: t.boolean({
      description: 'Whether system events of this type are visible to every tenant; default false.',
    }),
    example: t.field({ type: 'JSON', description: 'Example payload; must be valid against the schema.' }),
  }),
})
