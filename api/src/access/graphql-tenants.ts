import type { Tenant as TenantRow } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import type { Identity } from '../identity/identity.ts'
import { createTenant } from './create-tenant.ts'
import { effectiveRate, type Limited, type Rate } from './tenant-rate-limits.ts'
import { updateTenant } from './update-tenant.ts'

const RateLimit = builder.objectRef<{ rate: Rate | null; isDefault: boolean }>('RateLimit').implement({
  description: 'How much of something is taken.',
  fields: (t) => ({
    perSecond: t.int({
      description: 'So many a second; null: as many as come.',
      nullable: true,
      resolve: ({ rate }) => rate?.perSecond ?? null,
    }),
    burst: t.int({
      description: 'Of which so many at once, after a while without any; null: as many as come.',
      nullable: true,
      resolve: ({ rate }) => rate?.burst ?? null,
    }),
    isDefault: t.exposeBoolean('isDefault', {
      description: "Whether that is the installation's setting, and none of the tenant's own.",
    }),
  }),
})

const limitOf = (core: AppContext, row: TenantRow, what: Limited) => ({
  rate: effectiveRate(core.env, row, what),
  isDefault: row[`${what}PerSecond`] === null,
})

export const Tenant = builder.objectRef<TenantRow>('Tenant').implement({
  description: 'One of those whose events and webhooks are kept apart.',
  fields: (t) => ({
    id: t.exposeString('id', { description: 'Its slug, such as tenant-acme; what `tenantId` names everywhere.' }),
    name: t.exposeString('name', { description: 'Display name.' }),
    publishLimit: t.field({
      description: 'Events that may be published for it; what is beyond is refused with RATE_LIMITED.',
      type: RateLimit,
      resolve: (tenant, _args, { core }) => limitOf(core, tenant, 'publish'),
    }),
    requestLimit: t.field({
      description: 'Requests that those who are bound to it may make, all together; beyond, RATE_LIMITED.',
      type: RateLimit,
      resolve: (tenant, _args, { core }) => limitOf(core, tenant, 'requests'),
    }),
    createdAt: t.expose('createdAt', { description: 'When it was created.', type: 'DateTime' }),
  }),
})

/** The tenants that an identity may see, by slug. */
export function reachableTenants({ core, identity }: { core: AppContext; identity: Identity }): Promise<TenantRow[]> {
  const within = identity.tenants ?? (identity.tenantId === null ? null : [identity.tenantId])
  return core.db.prisma.tenant.findMany({
    where: within === null ? {} : { id: { in: [...within] } },
    orderBy: { id: 'asc' },
  })
}

const RateLimitInput = builder.inputType('RateLimitInput', {
  description: 'How much of something is to be taken.',
  fields: (t) => ({
    perSecond: t.int({ required: true, description: 'So many a second, to 1,000,000; 0: as many as come.' }),
    burst: t.int({
      description: 'Of which so many at once, 1 to 10,000,000; as many as in a second when left out.',
    }),
  }),
})

const CreateTenantInput = builder.inputType('CreateTenantInput', {
  description: 'A new tenant.',
  fields: (t) => ({
    id: t.string({
      required: true,
      description:
        'Its slug, for good: 1 to 63 lower-case letters, digits, - and _, beginning and ending with a letter or digit.',
    }),
    name: t.string({ required: true, description: 'A name for people to read, 1 to 100 characters.' }),
  }),
})

const UpdateTenantInput = builder.inputType('UpdateTenantInput', {
  description: 'The changes of a tenant; absent fields stay as they are.',
  fields: (t) => ({
    name: t.string({ description: 'A name for people to read, 1 to 100 characters.' }),
    publishLimit: t.field({
      description: "Events that may be published for it; null: the installation's setting.",
      type: RateLimitInput,
    }),
    requestLimit: t.field({
      description: "Requests that those who are bound to it may make; null: the installation's setting.",
      type: RateLimitInput,
    }),
  }),
})

const TenantPayload = builder.objectRef<{ tenant: TenantRow }>('TenantPayload').implement({
  description: 'The tenant that was acted on.',
  fields: (t) => ({ tenant: t.expose('tenant', { description: 'As it is now.', type: Tenant }) }),
})

builder.queryFields((t) => ({
  tenants: t.field({
    description: 'The tenants within reach, by slug.',
    type: [Tenant],
    extensions: costs({ rows: 50 }),
    authScopes: { viewer: true },
    resolve: (_root, _args, context) => reachableTenants(context),
  }),
}))

builder.mutationFields((t) => ({
  createTenant: t.field({
    description:
      'Makes a tenant. One that an event was published for is there by itself. Only for identities without a tenant.',
    type: TenantPayload,
    authScopes: { admin: true },
    audit: { action: 'tenant.create', target: 'tenant' },
    args: { input: t.arg({ type: CreateTenantInput, required: true, description: 'The tenant.' }) },
    resolve: async (_root, { input }, context) => ({ tenant: await createTenant(context.core, context, input) }),
  }),
  updateTenant: t.field({
    description: 'Changes a tenant: its name and its limits. Only for identities without a tenant.',
    type: TenantPayload,
    authScopes: { admin: true },
    audit: { action: 'tenant.update', target: 'tenant' },
    args: {
      id: t.arg.string({ required: true, description: 'Its slug.' }),
      input: t.arg({ type: UpdateTenantInput, required: true, description: 'What to change.' }),
    },
    resolve: async (_root, { id, input }, context) => ({
      tenant: await updateTenant(context.core, context, id, input),
    }),
  }),
}))
