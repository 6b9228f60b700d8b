import type { Tenant as TenantRow } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import type { Identity } from '../../identity/identity.ts'
import { effectiveRate, type Limited, type Rate } from '../tenant-rate-limits.ts'
import { createTenant } from './create-tenant.ts'
import { updateTenant } from './update-tenant.ts'

const RateLimit = builder.objectRef<{ rate: Rate | null; isDefault: boolean }>('RateLimit').implement({
  description: 'A rate limit.',
  fields: (t) => ({
    perSecond: t.int({
      description: 'Maximum number per second; null: no limit.',
      nullable: true,
      resolve: ({ rate }) => rate?.perSecond ?? null,
    }),
    burst: t.int({
      description: 'Maximum number at once after a pause; null: no limit.',
      nullable: true,
      resolve: ({ rate }) => rate?.burst ?? null,
    }),
    isDefault: t.exposeBoolean('isDefault', {
      description: "Whether it is the installation's setting and not the tenant's own.",
    }),
  }),
})

const limitOf = (core: AppContext, row: TenantRow, what: Limited) => ({
  rate: effectiveRate(core.env, row, what),
  isDefault: row[`${what}PerSecond`] === null,
})

export const Tenant = builder.objectRef<TenantRow>('Tenant').implement({
  description: 'A tenant, whose events and webhooks are separated from those of others.',
  fields: (t) => ({
    id: t.exposeString('id', { description: 'Its slug, such as tenant-acme, which is used as `tenantId`.' }),
    name: t.exposeString('name', { description: 'Display name.' }),
    publishLimit: t.field({
      description: 'Limit of the events that are published for it; further ones are refused with RATE_LIMITED.',
      type: RateLimit,
      resolve: (tenant, _args, { core }) => limitOf(core, tenant, 'publish'),
    }),
    requestLimit: t.field({
      description:
        'Limit of the requests of all identities that are bound to it; further ones are refused with RATE_LIMITED.',
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
  description: 'A rate limit.',
  fields: (t) => ({
    perSecond: t.int({ required: true, description: 'Maximum number per second, up to 1,000,000; 0: no limit.' }),
    burst: t.int({
      description: 'Maximum number at once, 1 to 10,000,000; default: that of one second.',
    }),
  }),
})

const CreateTenantInput = builder.inputType('CreateTenantInput', {
  description: 'A new tenant.',
  fields: (t) => ({
    id: t.string({
      required: true,
      description:
        'Its slug, which cannot be changed: 1 to 63 lower-case letters, digits, - and _, beginning and ending with a letter or digit.',
    }),
    name: t.string({ required: true, description: 'A display name, 1 to 100 characters.' }),
  }),
})

const UpdateTenantInput = builder.inputType('UpdateTenantInput', {
  description: 'The changes of a tenant; absent fields do not change.',
  fields: (t) => ({
    name: t.string({ description: 'A display name, 1 to 100 characters.' }),
    publishLimit: t.field({
      description: "Limit of the events that are published for it; null: the installation's setting.",
      type: RateLimitInput,
    }),
    requestLimit: t.field({
      description: "Limit of the requests of identities that are bound to it; null: the installation's setting.",
      type: RateLimitInput,
    }),
  }),
})

const TenantPayload = builder.objectRef<{ tenant: TenantRow }>('TenantPayload').implement({
  description: 'The tenant after the change.',
  fields: (t) => ({ tenant: t.expose('tenant', { description: 'The tenant after the change.', type: Tenant }) }),
})

builder.queryFields((t) => ({
  tenants: t.field({
    description: 'The visible tenants, by slug.',
    type: [Tenant],
    extensions: costs({ rows: 50 }),
    authScopes: { viewer: true },
    resolve: (_root, _args, context) => reachableTenants(context),
  }),
}))

builder.mutationFields((t) => ({
  createTenant: t.field({
    description:
      'Creates a tenant. Publishing an event for a tenant creates it too. Only for identities without a tenant.',
    type: TenantPayload,
    authScopes: { admin: true },
    audit: { action: 'tenant.create', target: 'tenant' },
    args: { input: t.arg({ type: CreateTenantInput, required: true, description: 'The tenant.' }) },
    resolve: async (_root, { input }, context) => ({ tenant: await createTenant(context.core, context, input) }),
  }),
  updateTenant: t.field({
    description: 'Changes the name and the limits of a tenant. Only for identities without a tenant.',
    type: TenantPayload,
    authScopes: { admin: true },
    audit: { action: 'tenant.update', target: 'tenant' },
    args: {
      id: t.arg.string({ required: true, description: 'Its slug.' }),
      input: t.arg({ type: UpdateTenantInput, required: true, description: 'The changes.' }),
    },
    resolve: async (_root, { id, input }, context) => ({
      tenant: await updateTenant(context.core, context, id, input),
    }),
  }),
}))
