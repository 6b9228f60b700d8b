import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { Actor } from '../graphql/types/actor.ts'
import { Role } from '../graphql/types/enums.ts'
import type { Identity } from '../identity/identity.ts'
import { reachableTenants, Tenant } from './tenants/graphql-tenants.ts'

const Viewer = builder.objectRef<Identity>('Viewer').implement({
  description: 'The caller.',
  fields: (t) => ({
    actor: t.field({ description: 'The caller.', type: Actor, resolve: (identity) => identity }),
    roles: t.field({ description: 'Its roles.', type: [Role], resolve: ({ roles }) => [...roles] }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant that the request is bound to; null: none.',
      nullable: true,
    }),
    tenants: t.field({
      description: 'The visible tenants, by slug.',
      type: [Tenant],
      extensions: costs({ rows: 50 }),
      resolve: (_viewer, _args, context) => reachableTenants(context),
    }),
  }),
})

builder.queryFields((t) => ({
  viewer: t.field({
    description: 'The caller and its scope.',
    type: Viewer,
    authScopes: { viewer: true },
    resolve: (_root, _args, { identity }) => identity,
  }),
}))
