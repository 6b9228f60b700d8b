import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { byId, createLoader } from '../graphql/loader.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { NamedCount } from '../graphql/types/named-count.ts'
import { hasRole } from '../identity/identity.ts'
import { publicId } from '../kit/ids.ts'
import { HealOutcome, HealState, HealTargetOrigin } from './graphql-inputs.ts'
import { type AttemptRow, seesHealing, type TargetRow } from './operate/load.ts'
import type { Reconciliation } from './read/reconciliation.ts'
import type { HealStats } from './read/stats.ts'

export const HealTarget = builder.objectRef<TargetRow>('HealTarget').implement({
  description: 'A container that auto-heal watches.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with tgt_.', resolve: idOf('tgt') }),
    container: t.exposeString('container', { description: 'The name of the container.' }),
    origin: t.expose('origin', { description: 'The reason why it is watched.', type: HealTargetOrigin }),
    services: t.exposeStringList('services', { description: 'Names of the registered services that it runs.' }),
    healthUrl: t.exposeString('healthUrl', {
      description: 'The URL that is requested to check its health, in addition to its own health check; null: none.',
      nullable: true,
    }),
    dependsOn: t.exposeStringList('dependsOn', {
      description: 'Names of containers that must be healthy before this one is restarted.',
    }),
    state: t.expose('state', { description: 'Its current state.', type: HealState }),
    consecutiveFailures: t.exposeInt('consecutiveFailures', {
      description: 'Consecutive regular checks that found it unhealthy.',
    }),
    restartsInWindow: t.exposeInt('restartsInWindow', {
      description: 'Automatic restarts within AUTOHEAL_WINDOW_SECONDS; AUTOHEAL_MAX_RESTARTS of them are the limit.',
    }),
    nextActionAt: t.expose('nextActionAt', {
      description: 'The earliest time of the next restart, while it is BACKING_OFF.',
      type: 'DateTime',
      nullable: true,
    }),
    maintenanceUntil: t.expose('maintenanceUntil', {
      description: 'The end of its maintenance; null if it is in none.',
      type: 'DateTime',
      nullable: true,
    }),
    lastError: t.exposeString('reason', {
      description:
        'The fault, or the reason why it is not restarted. While it is healthy: null, or why its health URL cannot be requested.',
      nullable: true,
    }),
  }),
})

export const HealAttempt = builder.objectRef<AttemptRow>('HealAttempt').implement({
  description: 'An attempt to heal a container, or the reason why none was made.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with heal_.', resolve: idOf('heal') }),
    targetId: t.id({
      description: 'The id of the target, which may have been removed since.',
      resolve: ({ targetId }) => publicId('tgt', targetId),
    }),
    container: t.exposeString('container', { description: 'The name of the container.' }),
    action: t.exposeString('action', { description: 'restart, start (for a container that had ended), or none.' }),
    trigger: t.exposeString('trigger', {
      description: 'docker-health, probe, exited, oom-killed, engine-restart, or manual.',
    }),
    reason: t.exposeString('reason', { description: 'The fault, or the user who requested it.' }),
    number: t.exposeInt('number', {
      description: 'The number of the restart since the container was last stable, from 1.',
    }),
    outcome: t.field({
      description: 'How it ended. Only attempts that have ended are shown.',
      type: HealOutcome,
      resolve: ({ outcome }) => outcome ?? 'FAILED',
    }),
    message: t.exposeString('message', { description: 'The result in words.' }),
    startedAt: t.expose('startedAt', { description: 'When the attempt was decided.', type: 'DateTime' }),
    durationMs: t.exposeFloat('durationMs', {
      description: 'Milliseconds from the decision to the end; null for a restart that was held back.',
      nullable: true,
    }),
    exitCode: t.exposeInt('exitCode', {
      description: 'The exit code of the container; null if it was running.',
      nullable: true,
    }),
    oomKilled: t.exposeBoolean('oomKilled', {
      description: 'Whether the container was killed because it ran out of memory; null: unknown.',
      nullable: true,
    }),
    logTail: t.field({
      description:
        "The end of the container's log from before the restart, at most 16 KiB. Null without a restart, and for roles below OPERATOR, because logs contain secrets.",
      type: 'String',
      nullable: true,
      extensions: costs({ self: 5 }),
      resolve: ({ logTail }, _args, { identity }) => (hasRole(identity, 'OPERATOR') ? logTail : null),
    }),
    stillHealthyAfter: t.exposeBoolean('stillHealthyAfter', {
      description: 'Whether it was still healthy five minutes after the restart; null: not known (yet).',
      nullable: true,
    }),
  }),
})

const targetLoader = createLoader<TargetRow>(async (ids, { core, identity }) =>
  seesHealing(identity)
    ? byId(await core.db.prisma.healTarget.findMany({ where: { id: { in: [...ids] } } }))
    : new Map(),
)
const attemptLoader = createLoader<AttemptRow>(async (ids, { core, identity }) =>
  seesHealing(identity)
    ? byId(await core.db.prisma.healAttempt.findMany({ where: { id: { in: [...ids] }, outcome: { not: null } } }))
    : new Map(),
)

registerNode('tgt', HealTarget, async (ids, context) => {
  const rows = await targetLoader(context).loadMany(ids)
  return new Map(rows.flatMap((row) => (row === null || row instanceof Error ? [] : [[row.id, row]])))
})
registerNode('heal', HealAttempt, async (ids, context) => {
  const rows = await attemptLoader(context).loadMany(ids)
  return new Map(rows.flatMap((row) => (row === null || row instanceof Error ? [] : [[row.id, row]])))
})

export const HealStatsType = builder.objectRef<HealStats>('HealStats').implement({
  description: 'Figures about the attempts of a window, without restarts that were held back.',
  fields: (t) => ({
    totalAttempts: t.exposeInt('totalAttempts', { description: 'Attempts that were made.' }),
    successful: t.exposeInt('successful', {
      description: 'The number of attempts after which the container was healthy.',
    }),
    failed: t.exposeInt('failed', { description: 'The number of failed attempts.' }),
    successRate: t.exposeFloat('successRate', {
      description: 'Share of successful attempts, 0 to 1; 0 without attempts.',
    }),
    services: t.expose('services', {
      description: 'Number of attempts by container, highest first.',
      type: [NamedCount],
      extensions: costs({ rows: 20 }),
    }),
    mostHealed: t.exposeString('mostHealed', { description: 'The container with the most attempts.', nullable: true }),
  }),
})

export const ReconciliationType = builder.objectRef<Reconciliation>('Reconciliation').implement({
  description: 'Registered services compared with the containers that auto-heal watches.',
  fields: (t) => ({
    registered: t.exposeStringList('registered', { description: 'Names of all registered services.' }),
    monitored: t.exposeStringList('monitored', {
      description: 'Watched names: of services, and of containers without a service.',
    }),
    registeredOnly: t.exposeStringList('registeredOnly', {
      description: 'Registered services that auto-heal does not watch.',
    }),
    monitoredOnly: t.exposeStringList('monitoredOnly', {
      description: 'Watched containers without a registered service.',
    }),
  }),
})
