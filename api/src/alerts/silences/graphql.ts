import { builder } from '../../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../../graphql/connection.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../../graphql/node.ts'
import { Actor } from '../../graphql/types/actor.ts'
import { uuidOf } from '../../kit/ids.ts'
import { createSilence, type SilenceRow } from './create-silence.ts'
import { expireSilence } from './expire-silence.ts'
import { listSilences } from './list-silences.ts'
import { matchingLoader, silenceLoader } from './loaders.ts'

export const Silence = builder.objectRef<SilenceRow>('Silence').implement({
  description: 'While it is active, matching alerts send no notifications. They are raised and resolved as usual.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with sil_.', resolve: idOf('sil') }),
    matchers: t.field({
      description:
        'Its matchers, which must all match: rule (an id, or a glob of names), severity, source (a glob), group (globs by field).',
      type: 'JSON',
      resolve: ({ matchers }) => matchers,
    }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant whose alerts it matches; null for every tenant.',
      nullable: true,
    }),
    reason: t.exposeString('reason', { description: 'Why.' }),
    startsAt: t.expose('startsAt', { description: 'When it begins.', type: 'DateTime' }),
    endsAt: t.expose('endsAt', { description: 'When it ends.', type: 'DateTime' }),
    createdBy: t.field({
      description: 'The user who created it.',
      type: Actor,
      resolve: (silence) => ({
        kind: silence.createdByKind,
        id: silence.createdById,
        name: silence.createdByName,
      }),
    }),
    createdAt: t.expose('createdAt', { description: 'When it was created.', type: 'DateTime' }),
    matching: t.int({
      description: 'Open alerts that it matches, whether or not it is active now.',
      extensions: costs({ self: 10 }),
      resolve: async ({ id }, _args, context) => (await matchingLoader(context).load(id)) ?? 0,
    }),
    heldBack: t.exposeInt('heldBack', { description: 'Number of notifications that it has suppressed.' }),
    warnedAt: t.expose('warnedAt', {
      description: 'When ops.alert.silence_ending announced its end; null: not yet.',
      type: 'DateTime',
      nullable: true,
    }),
  }),
})

registerNode('sil', Silence, async (ids, context) => {
  const rows = await silenceLoader(context).loadMany(ids)
  return new Map(rows.flatMap((row) => (row === null || row instanceof Error ? [] : [[row.id, row]])))
})

const SilenceConnection = connectionType(Silence, { totalCount: true })

const SilenceFilter = builder.inputType('SilenceFilter', {
  description: 'Filters a list of silences.',
  fields: (t) => ({
    tenantId: t.string({ description: "One tenant's." }),
    active: t.boolean({ description: 'true: active and future silences; false: those that have ended.' }),
  }),
})

builder.queryField('silences', (t) =>
  t.field({
    description: 'Visible silences, newest first.',
    type: SilenceConnection,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: SilenceFilter }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listSilences(core, identity, filter)
      return connection(page, list.fetch, list.count)
    },
  }),
)

const CreateSilenceInput = builder.inputType('CreateSilenceInput', {
  description: 'A new silence.',
  fields: (t) => ({
    matchers: t.field({
      required: true,
      description:
        'An object with at least one of: rule (rul_..., or a glob of names), severity, source (a glob), group (an object of globs by field). All of them have to match.',
      type: 'JSON',
    }),
    tenantId: t.string({
      description:
        "The tenant of the alerts. Default: the caller's tenant; for a caller without one, the alerts of every tenant.",
    }),
    reason: t.string({ required: true, description: 'The reason, 1 to 500 characters.' }),
    startsAt: t.field({ description: 'When it begins; default: now.', type: 'DateTime' }),
    endsAt: t.field({
      required: true,
      description: 'When it ends, at most 366 days after its start.',
      type: 'DateTime',
    }),
  }),
})

const SilencePayload = builder.objectRef<{ silence: SilenceRow }>('SilencePayload').implement({
  description: 'The silence after the change.',
  fields: (t) => ({ silence: t.expose('silence', { description: 'The silence after the change.', type: Silence }) }),
})

builder.mutationFields((t) => ({
  createSilence: t.field({
    description:
      'Suppresses the notifications of alerts until a given time. Alerts that already fire are silenced at once.',
    type: SilencePayload,
    authScopes: { operator: true },
    audit: { action: 'silence.create', target: 'silence' },
    args: { input: t.arg({ required: true, description: 'The silence.', type: CreateSilenceInput }) },
    resolve: async (_root, { input }, context) => {
      const silence = await createSilence(context.core, context, input)
      await context.alerting.silencesChanged(silence.tenantId)
      return { silence }
    },
  }),
  expireSilence: t.field({
    description: 'Ends a silence now. Alerts that still fire notify again.',
    type: SilencePayload,
    authScopes: { operator: true },
    audit: { action: 'silence.expire', target: 'silence' },
    args: { id: t.arg.id({ required: true, description: 'A silence (sil_...).' }) },
    resolve: async (_root, args, context) => {
      const silence = await expireSilence(context.core, context, uuidOf('sil', args.id, 'id'))
      await context.alerting.silencesChanged(silence.tenantId)
      return { silence }
    },
  }),
}))
