import type { AlertTransition as TransitionRow } from '../../../../prisma/generated/client/client.ts'
import { Delivery } from '../../deliveries/graphql.ts'
import { deliveryLoader } from '../../deliveries/read/loaders.ts'
import { ReplaySuggestion } from '../../deliveries/replay/graphql-suggestion.ts'
import { Event, eventLoader } from '../../events/graphql.ts'
import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../../graphql/node.ts'
import { Actor } from '../../graphql/types/actor.ts'
import { Severity } from '../../graphql/types/enums.ts'
import { NamedCount } from '../../graphql/types/named-count.ts'
import { badInput, notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { Webhook } from '../../webhooks/graphql.ts'
import { webhookLoader } from '../../webhooks/loaders.ts'
import { AlertRule, tenantCounts } from '../rules/graphql-types.ts'
import { anyRuleLoader } from '../rules/loaders.ts'
import { Silence } from '../silences/graphql.ts'
import { silenceLoader } from '../silences/loaders.ts'
import type { AlertRow } from './alert.ts'
import { alertLoader, notificationIdsLoader, timelineLoader } from './loaders.ts'
import { suggestedReplay, webhookOfAlert } from './suggested-replay.ts'

export const AlertStatus = builder.enumType('AlertStatus', {
  description: 'The state of an alert.',
  values: {
    FIRING: { description: 'Enough events match, and no user has acknowledged it.' },
    ACKNOWLEDGED: { description: 'A user has acknowledged it: it does not repeat.' },
    RESOLVED: { description: 'It is resolved.' },
  } as const,
})

export const AlertChange = builder.enumType('AlertChange', {
  description: 'The kind of a change of an alert.',
  values: {
    RAISED: { description: 'The threshold was reached.' },
    REPEATED: { description: 'It still fires and notified again.' },
    ACKNOWLEDGED: { description: 'A user acknowledged it.' },
    SILENCED: { description: 'A silence began to suppress its notifications.' },
    RESOLVED: {
      description:
        'Fewer events match, a user resolved it, or its rule was deleted, disabled or grouped by other fields.',
    },
  } as const,
})

const AlertTransition = builder.objectRef<TransitionRow>('AlertTransition').implement({
  description: 'An entry in the timeline of an alert.',
  fields: (t) => ({
    at: t.expose('at', { description: 'When.', type: 'DateTime' }),
    change: t.expose('change', { description: 'What happened.', type: AlertChange }),
    status: t.expose('status', { description: 'The status after the change.', type: AlertStatus }),
    actor: t.field({
      description: 'The user who made the change; null for the evaluation of its rule.',
      type: Actor,
      nullable: true,
      resolve: ({ actorKind, actorId, actorName }) =>
        actorKind === null || actorId === null ? null : { kind: actorKind, id: actorId, name: actorName },
    }),
    note: t.exposeString('note', { description: 'The reason in words.', nullable: true }),
    matched: t.exposeInt('matched', { description: 'Events within the window at that time.' }),
    event: t.field({
      description: 'The event of the change; null until it is published, and for SILENCED.',
      type: Event,
      nullable: true,
      resolve: ({ eventId }, _args, context) => (eventId === null ? null : eventLoader(context).load(eventId)),
    }),
    recipients: t.exposeInt('recipients', {
      description:
        'Number of webhooks that received its message; 0 if a silence suppressed it, null until it is published.',
      nullable: true,
    }),
  }),
})

const MAX_SHOWN = 200

function checkFirst(first: number | null | undefined): number {
  const count = first ?? 20
  if (count < 1 || count > MAX_SHOWN) throw badInput('first', `is ${count}; expected 1 to ${MAX_SHOWN}`)
  return count
}

const present = <Row>(rows: ReadonlyArray<Row | null | Error>): Row[] =>
  rows.flatMap((row) => (row === null || row instanceof Error ? [] : [row]))

export const Alert = builder.objectRef<AlertRow>('Alert').implement({
  description: 'A rule whose threshold was reached, for one of its groups. It is raised once until it is resolved.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with alr_.', resolve: idOf('alr') }),
    rule: t.field({
      description: 'The current rule, even if it has been deleted.',
      type: AlertRule,
      resolve: async ({ ruleId }, _args, context) => {
        const rule = await anyRuleLoader(context).load(ruleId)
        if (!rule) throw notFound('alert rule', publicId('rul', ruleId))
        return rule
      },
    }),
    status: t.expose('status', { description: 'The state of the alert.', type: AlertStatus }),
    severity: t.expose('severity', { description: 'The severity that its rule defines.', type: Severity }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant of its rule; null: its rule counts the events of every tenant.',
      nullable: true,
    }),
    group: t.field({
      description: 'Its group: values by field of groupBy; {} for a rule without groups.',
      type: 'JSON',
      resolve: ({ group }) => group,
    }),
    webhook: t.field({
      description:
        'The webhook that the alert is about; null if it is about something else, or the webhook is not visible.',
      type: Webhook,
      nullable: true,
      resolve: async (alert, _args, context) => {
        const id = await webhookOfAlert(alert, context)
        return id === null ? null : webhookLoader(context).load(id)
      },
    }),
    matched: t.exposeInt('matched', {
      description: 'Number of events within the window, at the last evaluation while it was open.',
    }),
    threshold: t.exposeInt('threshold', { description: 'The threshold when it was raised.' }),
    windowSeconds: t.exposeInt('windowSeconds', { description: 'The window when it was raised.' }),
    reason: t.exposeString('reason', { description: 'The reason why it was raised, in words.' }),
    source: t.exposeString('source', {
      description: 'The source that all its events share; null if they differ.',
      nullable: true,
    }),
    tenants: t.field({
      description: 'Number of counted events by tenant; "system" for events without a tenant.',
      type: [NamedCount],
      extensions: costs({ rows: 5 }),
      resolve: ({ tenants }) => tenantCounts(tenants),
    }),
    startedAt: t.expose('startedAt', { description: 'When it was raised.', type: 'DateTime' }),
    lastNotifiedAt: t.expose('lastNotifiedAt', {
      description: 'When it last notified that it fires; null if a silence has suppressed every notification.',
      type: 'DateTime',
      nullable: true,
    }),
    acknowledgedBy: t.field({
      description: 'The user who acknowledged it.',
      type: Actor,
      nullable: true,
      resolve: ({ acknowledgedByKind: kind, acknowledgedById: id, acknowledgedByName: name }) =>
        kind === null || id === null ? null : { kind, id, name },
    }),
    acknowledgedAt: t.expose('acknowledgedAt', {
      description: 'When it was acknowledged.',
      type: 'DateTime',
      nullable: true,
    }),
    resolvedAt: t.expose('resolvedAt', { description: 'When it was resolved.', type: 'DateTime', nullable: true }),
    isSilenced: t.boolean({
      description: 'Whether a silence suppresses its notifications now. The silence is not necessarily visible.',
      resolve: ({ status, silenceId }) => status !== 'RESOLVED' && silenceId !== null,
    }),
    silencedBy: t.field({
      description:
        'The silence that suppresses its notifications, if it is visible: a session bound to a tenant does not see those of the installation. For a resolved alert: the silence that suppressed them.',
      type: Silence,
      nullable: true,
      resolve: ({ silenceId }, _args, context) => (silenceId === null ? null : silenceLoader(context).load(silenceId)),
    }),
    events: t.field({
      description: 'The newest of the counted events, newest first, without those that have been pruned.',
      type: [Event],
      extensions: costs({ rows: { arg: 'first', max: MAX_SHOWN } }),
      args: { first: t.arg.int({ description: `The maximum number, 1 to ${MAX_SHOWN}.`, defaultValue: 20 }) },
      resolve: async ({ eventIds }, { first }, context) =>
        present(await eventLoader(context).loadMany(eventIds.slice(0, checkFirst(first)))),
    }),
    deliveries: t.field({
      description: 'The newest visible deliveries of its notifications.',
      type: [Delivery],
      extensions: costs({ self: 10, rows: { arg: 'first', max: MAX_SHOWN } }),
      args: { first: t.arg.int({ description: `The maximum number, 1 to ${MAX_SHOWN}.`, defaultValue: 20 }) },
      resolve: async ({ id }, { first }, context) => {
        const ids = await notificationIdsLoader(context).load(`${id}/${checkFirst(first)}`)
        return present(await deliveryLoader(context).loadMany(ids ?? []))
      },
    }),
    suggestedReplay: t.field({
      description:
        'For an alert about a webhook that is healthy again: a replay of the deliveries that became dead letters in the outage. Null for other alerts, and if nothing is left to replay.',
      type: ReplaySuggestion,
      nullable: true,
      extensions: costs({ self: 50 }),
      resolve: (alert, _args, context) => suggestedReplay(alert, context),
    }),
    timeline: t.field({
      description: 'Its timeline, oldest first.',
      type: [AlertTransition],
      extensions: costs({ rows: 10 }),
      resolve: async ({ id }, _args, context) => (await timelineLoader(context).load(id)) ?? [],
    }),
  }),
})

registerNode(
  'alr',
  Alert,
  async (ids, context) => new Map(present(await alertLoader(context).loadMany(ids)).map((row) => [row.id, row])),
)
