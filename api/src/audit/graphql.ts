import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import { costs } from '../graphql/limits/cost.ts'
import { byId } from '../graphql/loader.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { Actor } from '../graphql/types/actor.ts'
import { Role, TimeWindow } from '../graphql/types/enums.ts'
import { NamedCount } from '../graphql/types/named-count.ts'
import { publicId } from '../kit/ids.ts'
import { type AuditRow, entriesById, listEntries } from './list.ts'
import { auditStats, type AuditStats as Stats } from './stats.ts'
import type { Verifications } from './verifications.ts'
import type { Verification } from './verify.ts'

declare module '../graphql/context.ts' {
  interface Services {
    verifications: Verifications
  }
}

export const AuditOutcome = builder.enumType('AuditOutcome', {
  description: 'The outcome of an action.',
  values: {
    ALLOWED: { description: 'The action was carried out.' },
    DENIED: { description: 'The actor was not allowed to do it.' },
    FAILED: { description: 'The actor was allowed to do it, but it failed and changed nothing.' },
  } as const,
})

const AuditEntry = builder.objectRef<AuditRow>('AuditEntry').implement({
  description: 'An action, or a refusal. Entries never change; each is part of the hash chain of its tenant.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with aud_.', resolve: idOf('aud') }),
    at: t.expose('at', { description: 'When.', type: 'DateTime' }),
    actor: t.field({
      description: 'Who.',
      type: Actor,
      resolve: ({ actorKind, actorId, actorName }) => ({ kind: actorKind, id: actorId, name: actorName }),
    }),
    roles: t.expose('roles', { description: 'The roles of the actor.', type: [Role] }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant of the target, or of the refused actor; null: the installation.',
      nullable: true,
    }),
    action: t.exposeString('action', {
      description: 'The action: webhook.create, delivery.replay; query.auditStats for a refused read.',
    }),
    targetType: t.exposeString('targetType', {
      description: 'The kind of its target: webhook, delivery, eventType.',
      nullable: true,
    }),
    targetId: t.exposeString('targetId', { description: 'The id or the name of the target.', nullable: true }),
    outcome: t.expose('outcome', { description: 'The outcome.', type: AuditOutcome }),
    before: t.expose('before', {
      description: 'The state before the change; null for a new object. Without secrets and payloads.',
      type: 'JSON',
      nullable: true,
    }),
    after: t.expose('after', {
      description:
        'The state after the change; null for a deleted object. For DENIED or FAILED the reason: `code`, the role that is `required`, and `times` if the entry counts several.',
      type: 'JSON',
      nullable: true,
    }),
    clientIp: t.exposeString('clientIp', { description: 'The IP address of the client.', nullable: true }),
    requestId: t.exposeString('requestId', {
      description: 'The X-Request-Id of the request, as in the log.',
      nullable: true,
    }),
    hash: t.exposeString('hash', {
      description: 'SHA-256 over the entry and the hash of the previous one in its chain.',
    }),
  }),
})

registerNode('aud', AuditEntry, async (ids, { core, identity }) => byId(await entriesById(core, identity, ids)))

const AuditEntryConnection = connectionType(AuditEntry)

const AuditFilter = builder.inputType('AuditFilter', {
  description:
    'Filters audit entries. Conditions are combined with AND; absent conditions and empty lists do not filter.',
  fields: (t) => ({
    actorIds: t.stringList({ description: 'Only entries of these actors, exact.' }),
    actions: t.stringList({ description: 'Actions, exact, or with "*" as a wildcard: "webhook.*".' }),
    outcomes: t.field({ description: 'Outcomes.', type: [AuditOutcome] }),
    targetId: t.string({ description: 'Only entries about this target: whk_..., dlv_..., the name of an event type.' }),
    tenantId: t.string({ description: "Only entries of this tenant's chain." }),
    window: t.field({ description: 'Only entries within this window; default: ALL.', type: TimeWindow }),
    since: t.field({ description: 'At this instant or later.', type: 'DateTime' }),
    until: t.field({ description: 'Before this instant.', type: 'DateTime' }),
  }),
})

const AuditStats = builder.objectRef<Stats>('AuditStats').implement({
  description:
    'Numbers of requests by operation and result, since counting began; a few seconds old. The maximum of each is 2,147,483,647.',
  fields: (t) => ({
    totalRequests: t.exposeInt('totalRequests', { description: 'HTTP requests, and operations on WebSockets.' }),
    denied401: t.exposeInt('denied401', {
      description: 'Denials of unknown callers; they belong to no tenant.',
    }),
    denied403: t.exposeInt('denied403', { description: 'Denials of known callers.' }),
    byOperation: t.expose('byOperation', {
      description: 'By the first root field of an operation, or the path; the 100 most frequent.',
      type: [NamedCount],
      extensions: costs({ rows: 50 }),
    }),
    byStatus: t.expose('byStatus', {
      description: 'By HTTP status; for a GraphQL result with errors, the status of the worst one.',
      type: [NamedCount],
      extensions: costs({ rows: 10 }),
    }),
  }),
})

const AuditVerification = builder.objectRef<Verification>('AuditVerification').implement({
  description: 'The result of a verification of the chain.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok', { description: 'Whether every entry exists and is unchanged.' }),
    checked: t.exposeInt('checked', { description: 'Number of intact entries, from the first on.' }),
    firstBroken: t.id({
      description:
        'The entry at which the chain breaks: it was changed, or the one before it is missing. If the newest entries are missing, the missing one.',
      nullable: true,
      resolve: ({ firstBroken }) => firstBroken && publicId('aud', firstBroken),
    }),
    head: t.exposeString('head', {
      description:
        'The hash of the newest entry; zeros when there is none. A copy of it shows later that the earlier entries are unchanged.',
    }),
  }),
})

/** The cost of reading a whole chain. */
const READS_A_CHAIN = 10_000
const READS_MANY = 1_000

builder.queryFields((t) => ({
  auditEntries: t.field({
    description: 'Visible audit entries, newest first.',
    type: AuditEntryConnection,
    authScopes: { admin: true },
    args: {
      filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: AuditFilter }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => connection(page, listEntries(core, identity, filter)),
  }),
  auditStats: t.field({
    description: 'Statistics about requests.',
    type: AuditStats,
    authScopes: { admin: true },
    args: { tenantId: t.arg.string({ description: 'Only requests of this tenant; default: all visible tenants.' }) },
    extensions: costs({ self: READS_MANY }),
    resolve: (_root, { tenantId }, { core, identity }) => auditStats(core, identity, tenantId),
  }),
  verifyAuditChain: t.field({
    description:
      'Verifies a chain of the audit trail from its first entry on, and returns the entry at which it is broken.',
    type: AuditVerification,
    authScopes: { admin: true },
    args: {
      tenantId: t.arg.string({
        description:
          "The tenant of the chain. Default: the caller's tenant; for a caller without one, the installation.",
      }),
    },
    extensions: costs({ self: READS_A_CHAIN }),
    resolve: (_root, { tenantId }, context) => context.verifications.verify(context, tenantId),
  }),
}))
