import { Actor } from '../../graphql/actor.ts'
import { builder } from '../../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../../graphql/connection.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../../graphql/node.ts'
import { uuidOf } from '../../kit/ids.ts'
import { createSilence, type SilenceRow } from './create-silence.ts'
import { expireSilence } from './expire-silence.ts'
import { listSilences } from './list-silences.ts'
import { matchingLoader, silenceLoader } from './loaders.ts'

export const Silence = builder.objectRef<SilenceRow>('Silence').implement({
  description: 'While it holds, the alerts that it matches notify nobody. They are raised and resolved as ever.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with sil_.', resolve: idOf('sil') }),
    matchers: t.field({
      description:
        'What it matches, all of it: rule (an id, or a glob of names), severity, source (a glob), group (globs by field).',
      type: 'JSON',
      resolve: ({ matchers }) => matchers,
    }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant whose alerts it matches; null for every tenant.',
      nullable: true,
    }),
    reason: t.exposeString('reason', { description: 'Why.' }),
    startsAt: t.expose('startsAt', { description: 'From when it holds.', type: 'DateTime' }),
    endsAt: t.expose('endsAt', { description: 'Until when it holds.', type: 'DateTime' }),
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
      description: 'Open alerts that it matches, whether or not it holds now.',
      extensions: costs({ self: 10 }),
      resolve: async ({ id }, _args, context) => (await matchingLoader(context).load(id)) ?? 0,
    }),
    heldBack: t.exposeInt('heldBack', { description: 'Notifications that it has held back.' }),
    warnedAt: t.expose('warnedAt', {
      description: 'When ops.alert.silence_ending said that it ends soon; null: not yet.',
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
    active: t.boolean({ description: 'true: those that hold or have yet to begin; false: those that have ended.' }),
  }),
})

builder.queryField('silences', (t) =>
  t.field({
    description: 'Silences within reach, newest first.',
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
        'An object with at least one of: rule (rul_..., or a glob of names), severity, source (a glob), group (an object of globs by field). All of it has to match.',
      type: 'JSON',
    }),
    tenantId: t.string({
      description: "Whose alerts; the caller's own tenant when left out, and every tenant's when the caller has none.",
    }),
    reason: t.string({ required: true, description: 'Why, 1 to 500 characters.' }),
    startsAt: t.field({ description: 'From when it holds; from now on when left out.', type: 'DateTime' }),
    endsAt: t.field({ required: true, description: 'Until when, at most 366 days after its start.', type: 'DateTime' }),
  }),
})

const SilencePayload = builder.objectRef<{ silence: SilenceRow }>('SilencePayload').implement({
  description: 'The silence as it is now.',
  fields: (t) => ({ silence: t.expose('silence', { description: 'The silence as it is now.', type: Silence }) }),
})

builder.mutationFields((t) => ({
  createSilence: t.field({
    description: 'Keeps alerts from notifying anybody until a time. Those that fire already are silenced at once.',
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
