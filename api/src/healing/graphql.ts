import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import { costs } from '../graphql/limits/cost.ts'
import { ComponentHealth } from '../graphql/types/component-health.ts'
import { TimeWindow } from '../graphql/types/enums.ts'
import { uuidOf } from '../kit/ids.ts'
import { HealAttemptFilter } from './graphql-inputs.ts'
import { HealAttempt, HealStatsType, HealTarget, ReconciliationType } from './graphql-types.ts'
import { healNow } from './operate/heal-now.ts'
import { type AttemptRow, seesHealing, type TargetRow } from './operate/load.ts'
import { releaseHealTarget } from './operate/release.ts'
import { setHealMaintenance } from './operate/set-maintenance.ts'
import { type HealerView, readHealer } from './read/healer.ts'
import { listAttempts } from './read/history.ts'
import type { LiveAttempts } from './read/live-attempts.ts'
import { reconcile } from './read/reconciliation.ts'
import { healStats, NO_STATS } from './read/stats.ts'
import { listWatched } from './read/watched.ts'
import type { RegisteredService } from './targets/merge.ts'

declare module '../graphql/context.ts' {
  interface Services {
    registeredServices: () => Promise<RegisteredService[]>
    liveAttempts: LiveAttempts
  }
}

const HealAttemptConnection = connectionType(HealAttempt, { totalCount: true })

const AutoHeal = builder.objectRef<HealerView>('AutoHeal').implement({
  description:
    'Auto-heal: the watched containers and the attempts. An identity that is bound to a tenant sees neither.',
  fields: (t) => ({
    enabled: t.exposeBoolean('enabled', { description: 'Whether a worker watches containers.' }),
    mode: t.exposeString('mode', { description: 'heal, monitor (it watches but restarts nothing), or off.' }),
    docker: t.expose('docker', {
      description: 'The state of the Docker engine according to the worker.',
      type: ComponentHealth,
    }),
    intervalSeconds: t.exposeInt('intervalSeconds', {
      description: "Seconds between regular checks; 0 before the first one. Docker's events are followed at once.",
    }),
    lastCheckAt: t.expose('lastCheckAt', {
      description: 'The time of the last regular check.',
      type: 'DateTime',
      nullable: true,
    }),
    targets: t.field({
      description: 'The watched containers by name.',
      type: [HealTarget],
      extensions: costs({ rows: 20 }),
      resolve: (_healer, _args, { core, identity }) =>
        seesHealing(identity) ? core.db.prisma.healTarget.findMany({ orderBy: { container: 'asc' } }) : [],
    }),
    history: t.field({
      description: 'Attempts that have ended, newest first. They are kept for 90 days.',
      type: HealAttemptConnection,
      args: {
        filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: HealAttemptFilter }),
        ...pageArgs(t),
      },
      resolve: (_healer, { filter, ...page }, { core, identity }) => {
        const list = listAttempts(core, identity, filter)
        return connection(page, list.fetch, list.count)
      },
    }),
    stats: t.field({
      description: 'Figures about the attempts of a window.',
      type: HealStatsType,
      extensions: costs({ self: 50 }),
      args: { window: t.arg({ description: 'The time window.', type: TimeWindow, defaultValue: 'ALL' }) },
      resolve: (_healer, { window }, { core, identity }) =>
        seesHealing(identity) ? healStats(core, window ?? 'ALL') : NO_STATS,
    }),
    stormBrake: t.exposeBoolean('stormBrake', {
      description:
        'True while more than half of all targets are down at once. No target is then restarted automatically: a person must find the common cause.',
    }),
    reconciliation: t.field({
      description: 'Registered services compared with watched containers.',
      type: ReconciliationType,
      extensions: costs({ self: 20 }),
      resolve: async (_healer, _args, { core, identity, registeredServices }) => {
        if (!seesHealing(identity)) return reconcile([], [])
        const [registered, watched] = await Promise.all([registeredServices(), listWatched(core)])
        return reconcile(registered, watched)
      },
    }),
  }),
})

builder.queryField('autoHeal', (t) =>
  t.field({
    description: 'The state of auto-heal after its last check.',
    type: AutoHeal,
    authScopes: { viewer: true },
    resolve: (_root, _args, { core }) => readHealer(core),
  }),
)

const HealNowPayload = builder.objectRef<{ attempt: AttemptRow }>('HealNowPayload').implement({
  description: 'The outcome.',
  fields: (t) => ({
    attempt: t.expose('attempt', { description: 'The attempt, which has ended.', type: HealAttempt }),
  }),
})

const HealTargetPayload = builder.objectRef<{ target: TargetRow }>('HealTargetPayload').implement({
  description: 'The target after the change.',
  fields: (t) => ({ target: t.expose('target', { description: 'The target.', type: HealTarget }) }),
})

builder.mutationFields((t) => {
  const targetId = t.arg.id({ required: true, description: 'A target (tgt_...).' })
  const uuid = (globalId: string) => uuidOf('tgt', globalId, 'targetId')
  return {
    healNow: t.field({
      description:
        'Restarts a container now, in any state, and waits for the result. If this takes longer than the time limit of an operation, the error is UNAVAILABLE, the restart continues, and `extensions.attemptId` names it.',
      type: HealNowPayload,
      authScopes: { operator: true },
      audit: { action: 'healTarget.heal', target: 'healTarget' },
      args: { targetId },
      resolve: async (_root, args, context) => ({
        attempt: await healNow(context.core, context, uuid(args.targetId)),
      }),
    }),
    setHealMaintenance: t.field({
      description: 'Starts the maintenance of a container: it is not restarted until a given time.',
      type: HealTargetPayload,
      authScopes: { operator: true },
      audit: { action: 'healTarget.setMaintenance', target: 'healTarget' },
      args: {
        targetId,
        until: t.arg({
          description: 'The end of the maintenance, at most 30 days ahead; null ends it now.',
          type: 'DateTime',
        }),
      },
      resolve: async (_root, args, context) => ({
        target: await setHealMaintenance(context.core, context, uuid(args.targetId), args.until ?? null),
      }),
    }),
    releaseHealTarget: t.field({
      description:
        'Allows automatic restarts of a container that is GIVEN_UP or FLAPPING. CONFLICT in any other state.',
      type: HealTargetPayload,
      authScopes: { operator: true },
      audit: { action: 'healTarget.release', target: 'healTarget' },
      args: { targetId },
      resolve: async (_root, args, context) => ({
        target: await releaseHealTarget(context.core, context, uuid(args.targetId)),
      }),
    }),
  }
})

builder.subscriptionField('healAttempts', (t) =>
  t.field({
    description:
      'Each attempt when it ends. Attempts that end while the connection is broken are not sent again: read the history. An identity that is bound to a tenant receives none.',
    type: HealAttempt,
    authScopes: { viewer: true },
    subscribe: (_root, _args, { liveAttempts, identity }) => liveAttempts.follow(identity),
    resolve: (attempt) => attempt,
  }),
)
