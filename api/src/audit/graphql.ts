import { Actor } from '../graphql/actor.ts'
import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import { Role, TimeWindow } from '../graphql/enums.ts'
import { costs } from '../graphql/limits/cost.ts'
import { byId } from '../graphql/loader.ts'
import { NamedCount } from '../graphql/named-count.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
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
    ALLOWED: { description: 'It was done.' },
    DENIED: { description: 'They may not do it.' },
    FAILED: { description: 'They may, but it could not be done; nothing was changed.' },
  } as const,
})

const AuditEntry = builder.objectRef<AuditRow>('AuditEntry').implement({
  description: 'Who did what, or was refused. Entries never change; each is part of the hash chain of its tenant.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with aud_.', resolve: idOf('aud') }),
    at: t.expose('at', { description: 'When.', type: 'DateTime' }),
    actor: t.field({
      description: 'Who.',
      type: Actor,
      resolve: ({ actorKind, actorId, actorName }) => ({ kind: actorKind, id: actorId, name: actorName }),
    }),
    roles: t.expose('roles', { description: 'The roles that they had.', type: [Role] }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant of what was acted on, or of who was refused; null: the installation.',
      nullable: true,
    }),
    action: t.exposeString('action', {
      description:
        'What they wanted to do: webhook.create, delivery.replay; query.auditStats of a read that was refused.',
    }),
    targetType: t.exposeString('targetType', {
      description: 'The kind of its target: webhook, delivery, eventType.',
      nullable: true,
    }),
    targetId: t.exposeString('targetId', { description: 'Its id, or its name.', nullable: true }),
    outcome: t.expose('outcome', { description: 'The outcome.', type: AuditOutcome }),
    before: t.expose('before', {
      description: 'What it was; null of what is new. Without secrets and payloads.',
      type: 'JSON',
      nullable: true,
    }),
    after: t.expose('after', {
      description:
        'What it is since; null of what is gone. Of what was DENIED or FAILED, why: `code`, the role that is `required`, and how many `times` where several are told of at once.',
      type: 'JSON',
      nullable: true,
    }),
    clientIp: t.exposeString('clientIp', { description: 'The address it came from.', nullable: true }),
    requestId: t.exposeString('requestId', {
      description: 'The X-Request-Id of the request, as in the log.',
      nullable: true,
    }),
    hash: t.exposeString('hash', {
      description: 'SHA-256 over the entry and the hash of the one before it in its chain.',
    }),
  }),
})

registerNode('aud', AuditEntry, async (ids, { core, identity }) => byId(await entriesById(core, identity, ids)))

const AuditEntryConnection = connectionType(AuditEntry)

const AuditFilter = builder.inputType('AuditFilter', {
  description:
    'Which entries. Conditions are combined by "and"; one that is left out does not narrow, nor does an empty list.',
  fields: (t) => ({
    actorIds: t.stringList({ description: 'By these actors, exact.' }),
    actions: t.stringList({ description: 'Actions, exact or with "*" for any run of characters: "webhook.*".' }),
    outcomes: t.field({ description: 'Outcomes.', type: [AuditOutcome] }),
    targetId: t.string({ description: 'Done to this: whk_..., dlv_..., the name of an event type.' }),
    tenantId: t.string({ description: "In that tenant's chain." }),
    window: t.field({ description: 'Within this stretch of time; ALL when left out.', type: TimeWindow }),
    since: t.field({ description: 'At this instant or later.', type: 'DateTime' }),
    until: t.field({ description: 'Before this instant.', type: 'DateTime' }),
  }),
})

const AuditStats = builder.objectRef<Stats>('AuditStats').implement({
  description:
    'How often what was asked for and what came of it, since the figures began; a few seconds old. None goes beyond 2,147,483,647.',
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
      description: 'By HTTP status; of a GraphQL result with errors the status that the worst of them stands for.',
      type: [NamedCount],
      extensions: costs({ rows: 10 }),
    }),
  }),
})

const AuditVerification = builder.objectRef<Verification>('AuditVerification').implement({
  description: 'The result of a verification of the chain.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok', { description: 'Whether every entry is there and as it was written.' }),
    checked: t.exposeInt('checked', { description: 'How many entries are, from the first on.' }),
    firstBroken: t.id({
      description:
        'The entry at which it breaks: it was changed, or the one before it is gone. One that is gone itself where the newest are.',
      nullable: true,
      resolve: ({ firstBroken }) => firstBroken && publicId('aud', firstBroken),
    }),
    head: t.exposeString('head', {
      description:
        'The hash of the newest entry; zeros when there is none. Kept elsewhere, it shows later that what came before is what it was.',
    }),
  }),
})

/** A chain is read from its first entry to its last. */
const READS_A_CHAIN = 10_000
const READS_MANY = 1_000

builder.queryFields((t) => ({
  auditEntries: t.field({
    description: 'The audit trail within reach, newest first.',
    type: AuditEntryConnection,
    authScopes: { admin: true },
    args: {
      filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: AuditFilter }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => connection(page, listEntries(core, identity, filter)),
  }),
  auditStats: t.field({
    description: 'Figures over requests.',
    type: AuditStats,
    authScopes: { admin: true },
    args: { tenantId: t.arg.string({ description: "That tenant's; everybody's within reach when left out." }) },
    extensions: costs({ self: READS_MANY }),
    resolve: (_root, { tenantId }, { core, identity }) => auditStats(core, identity, tenantId),
  }),
  verifyAuditChain: t.field({
    description: 'Computes a chain of the audit trail anew, from its first entry on, and says where it is broken.',
    type: AuditVerification,
    authScopes: { admin: true },
    args: {
      tenantId: t.arg.string({
        description: "That tenant's; when left out, that of the tenant one is bound to, else the installation's own.",
      }),
    },
    extensions: costs({ self: READS_A_CHAIN }),
    resolve: (_root, { tenantId }, context) => context.verifications.verify(context, tenantId),
  }),
}))
