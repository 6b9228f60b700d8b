import { builder } from '../../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../../graphql/connection.ts'
import type { Context } from '../../graphql/context.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { checkNotGivenUp } from '../../graphql/limits/deadline.ts'
import { byId, createLoader } from '../../graphql/loader.ts'
import { idOf, Node, registerNode } from '../../graphql/node.ts'
import { Actor } from '../../graphql/types/actor.ts'
import { RetentionSubject } from '../policies/graphql.ts'
import { listRuns, type PruneScopeRow, type RunListRow, readScopes, runsById, strategyOf } from './list-runs.ts'
import { requestPrune } from './request.ts'

const MAX_INT = 2_147_483_647
const asInt = (count: number) => Math.min(MAX_INT, count)

const PruneScope = builder.objectRef<PruneScopeRow>('PruneScope').implement({
  description: "The result of a prune run for one tenant, or for the system's events.",
  fields: (t) => ({
    scope: t.string({
      description: 'The tenant, or "system" for rows without a tenant.',
      resolve: ({ tenantId }) => (tenantId === '' ? 'system' : tenantId),
    }),
    subject: t.expose('subject', { description: 'The kind of rows that were pruned.', type: RetentionSubject }),
    tenantId: t.string({
      description: 'The tenant; null: rows without a tenant.',
      nullable: true,
      resolve: ({ tenantId }) => (tenantId === '' ? null : tenantId),
    }),
    retentionDays: t.exposeInt('retentionDays', { description: 'The retention that was applied.' }),
    cutoff: t.expose('cutoff', { description: 'Older rows had expired.', type: 'DateTime' }),
    prunedCount: t.int({
      description: 'Number of deleted events; for ALERTS and AUDIT, of alerts and entries.',
      resolve: ({ prunedCount }) => asInt(prunedCount),
    }),
    archivedCount: t.int({
      description: 'Number of events that were archived first.',
      resolve: ({ archivedCount }) => asInt(archivedCount),
    }),
    archiveFiles: t.exposeStringList('archiveFiles', { description: 'The location of the archive.' }),
    strategy: t.string({
      description:
        'How they were deleted: "drop" (whole days), "delete" (in batches), "drop+delete" (some days each), "hold" (not deleted: legal hold), "none" (nothing had expired).',
      resolve: strategyOf,
    }),
    durationMs: t.exposeFloat('durationMs', { description: 'How long it took, in milliseconds.' }),
    error: t.exposeString('error', {
      description: 'The reason why expired rows were kept; null: none were. The next run tries again.',
      nullable: true,
    }),
  }),
})

/** The scopes of runs that the identity may see. */
const scopesLoader = createLoader<PruneScopeRow[]>(async (ids, { core, identity }) => {
  const scopes = new Map<string, PruneScopeRow[]>(ids.map((id) => [id, []]))
  for (const row of await readScopes(core.db.pool, ids, identity.tenantId)) scopes.get(row.runId)?.push(row)
  return scopes
})

const isOfEvents = ({ subject }: PruneScopeRow) => subject === 'EVENTS' || subject === 'SYSTEM_EVENTS'
const scopesOf = async ({ id }: RunListRow, context: Context) => (await scopesLoader(context).load(id)) ?? []

export const PruneRun = builder.objectRef<RunListRow>('PruneRun').implement({
  description:
    'A run that deletes expired rows. An identity that is bound to a tenant sees only the results of that tenant.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with prn_.', resolve: idOf('prn') }),
    startedAt: t.expose('startedAt', {
      description: 'When it was started. Ages are computed at this time.',
      type: 'DateTime',
    }),
    finishedAt: t.expose('finishedAt', {
      description: 'When it was finished; null: it is waiting or in progress.',
      type: 'DateTime',
      nullable: true,
    }),
    startedBy: t.field({
      description: 'The user who started it.',
      type: Actor,
      resolve: (run) => ({ kind: run.startedByKind, id: run.startedById, name: run.startedByName }),
    }),
    dryRun: t.exposeBoolean('dryRun', { description: 'Whether it was a dry run, which only counts.' }),
    totalPruned: t.int({
      description: 'Number of deleted events in all scopes.',
      resolve: async (run, _args, context) =>
        asInt((await scopesOf(run, context)).filter(isOfEvents).reduce((sum, { prunedCount }) => sum + prunedCount, 0)),
    }),
    scopes: t.field({
      description: "Its results for events: the system's first, then each tenant's.",
      type: [PruneScope],
      extensions: costs({ rows: 20 }),
      resolve: async (run, _args, context) => (await scopesOf(run, context)).filter(isOfEvents),
    }),
    otherScopes: t.field({
      description: 'Its results for alerts and for the audit trail, if they expire.',
      type: [PruneScope],
      extensions: costs({ rows: 2 }),
      resolve: async (run, _args, context) => (await scopesOf(run, context)).filter((scope) => !isOfEvents(scope)),
    }),
  }),
})

registerNode('prn', PruneRun, async (ids, { core }) => byId(await runsById(core.db.query, ids)))

const PruneRunConnection = connectionType(PruneRun)

builder.queryField('pruneRuns', (t) =>
  t.field({
    description: 'Prune runs, newest first. Runs without anything to do are listed for a week, the others for a year.',
    type: PruneRunConnection,
    authScopes: { viewer: true },
    args: pageArgs(t),
    resolve: (_root, page, { core }) => connection(page, listRuns(core.db.query)),
  }),
)

const PruneEventsPayload = builder.objectRef<{ run: RunListRow }>('PruneEventsPayload').implement({
  description: 'The run that was started.',
  fields: (t) => ({
    run: t.expose('run', { description: 'The run. It is finished unless it takes longer than 20 s.', type: PruneRun }),
  }),
})

builder.mutationField('pruneEvents', (t) =>
  t.field({
    description:
      'Prunes expired rows now. With archiving on, events are archived first, and events that could not be archived are kept. A worker executes the run; after 20 s the unfinished run is returned. Only for identities without a tenant.',
    type: PruneEventsPayload,
    authScopes: { operator: true },
    audit: { action: 'retention.prune', target: 'pruneRun' },
    args: {
      dryRun: t.arg.boolean({ defaultValue: false, description: 'Only count expired rows; delete nothing.' }),
    },
    resolve: async (_root, { dryRun }, context) => ({
      run: await requestPrune(context.core, context, {
        isDry: dryRun ?? false,
        goOn: () => checkNotGivenUp(context),
      }),
    }),
  }),
)
