import { builder } from '../graphql/builder.ts'
import { Severity } from '../graphql/enums.ts'
import { costs } from '../graphql/limits/cost.ts'
import {
  deprecateEventType,
  type EventTypeView,
  findEventType,
  listEventTypes,
  registerEventType,
} from './catalogue/event-types.ts'
import { RegisterEventTypeInput } from './graphql-inputs.ts'

export const EventType = builder.objectRef<EventTypeView>('EventType').implement({
  description: 'A type of events: declared, or only ever published.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, such as autoheal.failed.' }),
    description: t.exposeString('description', { description: 'What it means that such an event happens.' }),
    defaultSeverity: t.expose('defaultSeverity', { description: 'Of events that do not say.', type: Severity }),
    schema: t.expose('schema', {
      description: 'JSON Schema that payloads have to meet; null: any.',
      type: 'JSON',
      nullable: true,
    }),
    tenantVisible: t.exposeBoolean('tenantVisible', {
      description: 'Whether system events of this type are shown, and delivered, to every tenant.',
    }),
    version: t.exposeInt('version', { description: 'Grows with every change of the declaration; 0: undeclared.' }),
    deprecated: t.exposeBoolean('deprecated', { description: 'Whether it should not be used any more.' }),
    example: t.expose('example', { description: 'A payload as it may look.', type: 'JSON', nullable: true }),
    declared: t.exposeBoolean('declared', {
      description: 'Whether it was declared; types that were only ever published are listed all the same.',
    }),
  }),
})

const RegisterEventTypePayload = builder
  .objectRef<{ eventType: EventTypeView; created: boolean }>('RegisterEventTypePayload')
  .implement({
    description: 'What registerEventType answers.',
    fields: (t) => ({
      eventType: t.expose('eventType', { description: 'The type as it is declared now.', type: EventType }),
      created: t.exposeBoolean('created', { description: 'Whether it was not declared before.' }),
    }),
  })

const DeprecateEventTypePayload = builder.objectRef<EventTypeView>('DeprecateEventTypePayload').implement({
  description: 'What deprecateEventType answers.',
  fields: (t) => ({
    eventType: t.field({ description: 'The type.', type: EventType, resolve: (type) => type }),
  }),
})

builder.queryFields((t) => ({
  eventTypes: t.field({
    description: 'Every declared type, and up to 1,000 that were published without being declared; by name.',
    type: [EventType],
    extensions: costs({ rows: 200 }),
    authScopes: { viewer: true },
    resolve: (_root, _args, { core, catalogue, identity }) => listEventTypes(core, catalogue, identity),
  }),
  eventType: t.field({
    description: 'One type; null when it is neither declared nor was ever published.',
    type: EventType,
    nullable: true,
    authScopes: { viewer: true },
    args: { name: t.arg.string({ required: true, description: 'Its name.' }) },
    resolve: (_root, { name }, { core, catalogue, identity }) => findEventType(core, catalogue, identity, name),
  }),
}))

builder.mutationFields((t) => ({
  registerEventType: t.field({
    description: 'Declares a type of events, or changes its declaration. For identities that are bound to no tenant.',
    type: RegisterEventTypePayload,
    authScopes: { operator: true },
    audit: { action: 'eventType.register', target: 'eventType' },
    args: { input: t.arg({ type: RegisterEventTypeInput, required: true, description: 'The declaration, whole.' }) },
    resolve: (_root, { input }, context) => registerEventType(context.core, context.catalogue, context, input),
  }),
  deprecateEventType: t.field({
    description: 'Marks a declared type as one that should not be used any more. Events of it are still taken.',
    type: DeprecateEventTypePayload,
    authScopes: { operator: true },
    audit: { action: 'eventType.deprecate', target: 'eventType' },
    args: { name: t.arg.string({ required: true, description: 'Its name.' }) },
    resolve: (_root, { name }, context) => deprecateEventType(context.core, context.catalogue, context, name),
  }),
}))
