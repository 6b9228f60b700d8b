import { Tenant } from '../../access/tenants/graphql-tenants.ts'
import { builder } from '../../graphql/builder.ts'
import { createLoader } from '../../graphql/loader.ts'
import { Actor, type ActorShape } from '../../graphql/types/actor.ts'
import { type LegalHoldRow, setLegalHold } from './legal-hold.ts'
import { eventDays, MAX_DAYS, type Policies } from './policy.ts'
import { type PolicyRow, readPolicies } from './read-policies.ts'
import { clearTenantRetention, setTenantRetention } from './set-retention.ts'

export const RetentionSubject = builder.enumType('RetentionSubject', {
  description: 'The subject of a retention setting.',
  values: {
    EVENTS: { description: "Tenants' events, with their deliveries and attempts." },
    SYSTEM_EVENTS: { description: 'Events without a tenant, with their deliveries and attempts.' },
    AUDIT: { description: 'Entries of the audit trail.' },
    ALERTS: { description: 'Alerts that are resolved.' },
  } as const,
})

const setBy = ({
  setByKind,
  setById,
  setByName,
}: Pick<PolicyRow, 'setByKind' | 'setById' | 'setByName'>): ActorShape => ({
  kind: setByKind,
  id: setById,
  name: setByName,
})

export const TenantRetention = builder.objectRef<PolicyRow>('TenantRetention').implement({
  description: "A tenant's own retention, which replaces the default.",
  fields: (t) => ({
    tenantId: t.exposeString('tenantId', { description: 'The tenant.' }),
    retentionDays: t.exposeInt('retentionDays', { description: 'Days for which its events are kept.' }),
    createdAt: t.expose('createdAt', { description: 'When it was first set.', type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { description: 'When it was last set.', type: 'DateTime' }),
    setBy: t.field({ description: 'The user who last set it.', type: Actor, resolve: setBy }),
  }),
})

/** The policy of a subject for the whole installation. A user has set it, or it comes from the settings. */
export interface InstallationPolicy {
  subject: typeof RetentionSubject.$inferType
  retentionDays: number | null
  row: PolicyRow | null
}

export const RetentionPolicyType = builder.objectRef<InstallationPolicy>('RetentionPolicy').implement({
  description: 'How long the rows of a subject are kept in the whole installation.',
  fields: (t) => ({
    subject: t.expose('subject', { description: 'The subject of the policy.', type: RetentionSubject }),
    retentionDays: t.exposeInt('retentionDays', { description: 'Days; null: for ever.', nullable: true }),
    isDefault: t.boolean({
      description: 'Whether it comes from the settings and no user has set it.',
      resolve: ({ row }) => row === null,
    }),
    setBy: t.field({
      description: 'The user who last set it; null for the default.',
      type: Actor,
      nullable: true,
      resolve: ({ row }) => row && setBy(row),
    }),
    updatedAt: t.field({
      description: 'When it was last set; null for the default.',
      type: 'DateTime',
      nullable: true,
      resolve: ({ row }) => row?.updatedAt ?? null,
    }),
  }),
})

export const LegalHold = builder.objectRef<LegalHoldRow>('LegalHold').implement({
  description: 'A tenant whose data is not pruned until the hold is lifted.',
  fields: (t) => ({
    tenantId: t.exposeString('tenantId', { description: 'The tenant.' }),
    reason: t.exposeString('reason', { description: 'The reason that the user gave.', nullable: true }),
    createdAt: t.expose('createdAt', { description: 'Since when.', type: 'DateTime' }),
    setBy: t.field({ description: 'The user who set it.', type: Actor, resolve: setBy }),
  }),
})

const ALL = 'all'

/** The current policies, read once per request. */
const policiesLoader = createLoader<Policies>(
  async (_keys, { core }) => new Map([[ALL, await readPolicies(core.db.query, core.env)]]),
)

builder.objectFields(Tenant, (t) => ({
  retentionDays: t.int({
    description: 'Days for which its events are kept.',
    resolve: async ({ id }, _args, context) => eventDays(await loadPolicies(context), id),
  }),
  retentionIsDefault: t.boolean({
    description: 'Whether this is the default of all tenants and not its own setting.',
    resolve: async ({ id }, _args, context) => !(await loadPolicies(context)).tenants.has(id),
  }),
  legalHold: t.boolean({
    description: 'Whether it is under legal hold: then none of its data is pruned.',
    resolve: async ({ id }, _args, context) => (await loadPolicies(context)).holds.has(id),
  }),
}))

async function loadPolicies(context: Parameters<typeof policiesLoader>[0]): Promise<Policies> {
  const policies = await policiesLoader(context).load(ALL)
  if (!policies) throw new Error('the policies were not read')
  return policies
}

const RetentionPayload = builder.objectRef<{ tenant: typeof Tenant.$inferType }>('RetentionPayload').implement({
  description: 'The tenant whose retention was changed.',
  fields: (t) => ({ tenant: t.expose('tenant', { description: 'The tenant after the change.', type: Tenant }) }),
})

const tenantArg = 'The slug of the tenant.'

builder.mutationFields((t) => ({
  setTenantRetention: t.field({
    description:
      'Sets how long the events of a tenant are kept, with their deliveries and attempts. It takes effect with the next prune run. Only for identities without a tenant.',
    type: RetentionPayload,
    authScopes: { admin: true },
    audit: { action: 'retention.set', target: 'tenant' },
    args: {
      tenantId: t.arg.string({ required: true, description: tenantArg }),
      retentionDays: t.arg.int({ required: true, description: `Days, 1 to ${MAX_DAYS}.` }),
    },
    resolve: async (_root, { tenantId, retentionDays }, context) => ({
      tenant: await setTenantRetention(context.core, context, tenantId, retentionDays),
    }),
  }),
  clearTenantRetention: t.field({
    description: 'Returns a tenant to the default. Only for identities without a tenant.',
    type: RetentionPayload,
    authScopes: { admin: true },
    audit: { action: 'retention.clear', target: 'tenant' },
    args: { tenantId: t.arg.string({ required: true, description: tenantArg }) },
    resolve: async (_root, { tenantId }, context) => ({
      tenant: await clearTenantRetention(context.core, context, tenantId),
    }),
  }),
  setLegalHold: t.field({
    description:
      'Puts a tenant under legal hold, or lifts the hold. During a hold none of its data is pruned: no events, deliveries, alerts or audit entries. Only for identities without a tenant.',
    type: RetentionPayload,
    authScopes: { admin: true },
    audit: { action: 'retention.hold', target: 'tenant' },
    args: {
      tenantId: t.arg.string({ required: true, description: tenantArg }),
      hold: t.arg.boolean({ required: true, description: 'true: hold; false: lift the hold.' }),
      reason: t.arg.string({ description: 'The reason, up to 500 characters.' }),
    },
    resolve: async (_root, { tenantId, hold, reason }, context) => ({
      tenant: await setLegalHold(context.core, context, { tenantId, hold, reason: reason ?? null }),
    }),
  }),
}))
