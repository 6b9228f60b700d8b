import { builder } from '../graphql/builder.ts'
import { Severity, TimeWindow } from '../graphql/enums.ts'

export const EventFilter = builder.inputType('EventFilter', {
  description:
    'Which events. Conditions are combined by "and"; one that is left out does not narrow, nor does an empty list.',
  fields: (t) => ({
    types: t.stringList({ description: 'Types, exact or with "*" for any run of characters: "autoheal.*".' }),
    sources: t.stringList({ description: 'Sources, exact.' }),
    severities: t.field({ description: 'Severities.', type: [Severity] }),
    tenantId: t.string({ description: "That tenant's own events." }),
    window: t.field({ description: 'Received within this stretch of time; ALL when left out.', type: TimeWindow }),
    since: t.field({ description: 'Received at this instant or later.', type: 'DateTime' }),
    until: t.field({ description: 'Received before this instant.', type: 'DateTime' }),
    correlationId: t.string({ description: 'With this correlation id.' }),
    search: t.string({
      description:
        'Substring of type, source, subject or the text of the payload, in any case; or a whole id: of an event (evt_...), of a delivery (dlv_...), which finds its event, or a correlation id.',
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
    source: t.string({ required: true, description: 'Who says so: the name of the service; 1 to 512 characters.' }),
    severity: t.field({ type: Severity, description: "How bad it is; the type's default when left out." }),
    subject: t.string({ description: 'What it happened to; at most 1,024 characters.' }),
    tenantId: t.string({ description: 'Whose it is; the caller\'s own tenant when left out, else "default".' }),
    payload: t.field({ type: 'JSON', description: 'The particulars: {} when left out; at most 256 KiB as JSON.' }),
    occurredAt: t.field({ type: 'DateTime', description: 'When it happened; now when left out.' }),
    idempotencyKey: t.string({
      description: 'The same key from the same tenant and source within 24 hours returns the first event.',
    }),
    correlationId: t.string({ description: 'Shared by everything that belongs to the same piece of work.' }),
    causationId: t.string({ description: 'What it is a consequence of, such as the id of another event.' }),
  }),
})

export const RegisterEventTypeInput = builder.inputType('RegisterEventTypeInput', {
  description:
    'A declaration of a type of events. What is left out has its default, also when the type was declared before.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'The name, such as order.created; 1 to 255 characters without spaces.',
    }),
    description: t.string({ required: true, description: 'What it means that such an event happens.' }),
    defaultSeverity: t.field({ type: Severity, description: 'Of events that do not say; INFO when left out.' }),
    schema: t.field({
      type: 'JSON',
      description:
        'JSON Schema that payloads have to meet (draft-07, or 2020-12 when `$schema` says so); none when left out.',
    }),
    tenantVisible: t.boolean({
      description: 'Whether system events of this type are shown to every tenant; false when left out.',
    }),
    example: t.field({ type: 'JSON', description: 'A payload as it may look; it has to meet the schema.' }),
  }),
})
