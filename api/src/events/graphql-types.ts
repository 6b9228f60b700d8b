import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { Severity } from '../graphql/types/enums.ts'
import {
  deprecateEventType,
  type EventTypeView,
  findEventType,
  listEventTypes,
  registerEventType,
} from './catalogue/event-types.ts'
import { RegisterEventTypeInput } from './graphql-inputs.ts'

export const EventType = builder.objectRef<EventTypeView>('EventType').implement({
  description: 'An event type: declared, or published without a declaration.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Name of the type, such as autoheal.failed.' }),
    description: t.exposeString('description', { description: 'The meaning of events of this type.' }),
    defaultSeverity: t.expose('defaultSeverity', {
      description: 'Severity of events that specify none.',
      type: Severity,
    }),
    schema: t.expose('schema', {
      description: 'JSON Schema that validates payloads; null: no validation.',
      type: 'JSON',
      nullable: true,
    }),
    tenantVisible: t.exposeBoolean('tenantVisible', {
      description: 'Whether system events of this type are visible and delivered to every tenant.',
    }),
    version: t.exposeInt('version', {
      description: 'Incremented with every change of the declaration; 0: undeclared.',
    }),
    deprecated: t.exposeBoolean('deprecated', { description: 'Whether the type is deprecated.' }),
    example: t.expose('example', { description: 'Example payload.', type: 'JSON', nullable: true }),
    declared: t.exposeBoolean('declared', {
      description: 'Whether the type was declared; published but undeclared types are listed too.',
    }),
  }),
})

const RegisterEventTypePayload = builder
  .objectRef<{ eventType: EventTypeView; created: boolean }>('RegisterEventTypePayload')
  .implement({
    description: 'Result of registerEventType.',
    fields: (t) => ({
      eventType: t.expose('eventType', { description: 'The declared type.', type: EventType }),
      created: t.exposeBoolean('created', { description: 'Whether the type was declared for the first time.' }),
    }),
  })

const DeprecateEventTypePayload = builder.objectRef<EventTypeView>('DeprecateEventTypePayload').implement({
  description: 'Result of deprecateEventType.',
  fields: (t) => ({
    eventType: t.field({ description: 'The type.', type: EventType, resolve: (type) => type }),
  }),
})

builder.queryFields((t) => ({
  eventTypes: t.field({
    description: 'All declared types and up to 1,000 undeclared ones, sorted by name.',
    type: [EventType],
    extensions: costs({ rows: 200 }),
    authScopes: { viewer: true },
    resolve: (_root, _args, { core, catalogue, identity }) => listEventTypes(core, catalogue, identity),
  }),
  eventType: t.field({
    description: 'One type; null if it was neither declared nor ever published.',
    type: EventType,
    nullable: true,
    authScopes: { viewer: true },
    args: { name: t.arg.string({ required: true, description: 'Its name.' }) },
    resolve: (_root, { name }, { core, catalogue, identity }) => findEventType(core, catalogue, identity, name),
  }),
}))

builder.mutationFields((t) => ({
  registerEventType: t.field({
    description: 'Declares an event type or changes its declaration. Only for identities without a tenant.',
    type: RegisterEventTypePayload,
    authScopes: { operator: true },
    audit: { action: 'eventType.register', target: 'eventType' },
    args: { input: t.arg({ type: RegisterEventTypeInput, required: true, description: 'The complete declaration.' }) },
    resolve: (_root, { input }, context) => registerEventType(context.core, context.catalogue, context, input),
  }),
  deprecateEventType: t.field({
    description: 'Marks a declared type as deprecated. Its events are still accepted.',
    type: DeprecateEventTypePayload,
    authScopes: { operator: true },
    audit: { action: 'eventType.deprecate', target: 'eventType' },
    args: { name: t.arg.string({ required: true, description: 'Its name.' }) },
    resolve: (_root, { name }, context) => deprecateEventType(context.core, context.catalogue, context, name),
  }),
}))
