import { builder } from '../graphql/builder.ts'
import { Role } from '../graphql/enums.ts'
import { costs } from '../graphql/limits/cost.ts'
import { reachableTenants, Tenant } from './graphql-tenants.ts'
import type { Identity } from '../identity/identity.ts'

export const ActorKind = builder.enumType('ActorKind', {
  description: 'What sort of actor did something.',
  values: {
    USER: { description: 'A person who signed in.' },
    API_KEY: { description: 'The holder of an API key.' },
    SYSTEM: { description: 'A part of AetherLink itself.' },
  } as const,
})

export interface ActorShape {
  kind: typeof ActorKind.$inferType
  id: string
  name: string | null
}

export const Actor = builder.objectRef<ActorShape>('Actor').implement({
  description: 'Who did something.',
  fields: (t) => ({
    kind: t.expose('kind', { description: 'What sort of actor.', type: ActorKind }),
    id: t.exposeString('id', {
      description: 'The id of the API key, the subject of the user, or the name of the part of the system.',
    }),
    name: t.exposeString('name', { description: 'A name for people to read.', nullable: true }),
  }),
})

const Viewer = builder.objectRef<Identity>('Viewer').implement({
  description: 'Who is asking.',
  fields: (t) => ({
    actor: t.field({ description: 'The actor behind the request.', type: Actor, resolve: (identity) => identity }),
    roles: t.field({ description: 'Its roles.', type: [Role], resolve: ({ roles }) => [...roles] }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant that the request is bound to; null: to none.',
      nullable: true,
    }),
    tenants: t.field({
      description: 'The tenants within its reach, by slug.',
      type: [Tenant],
      extensions: costs({ rows: 50 }),
      resolve: (_viewer, _args, context) => reachableTenants(context),
    }),
  }),
})

builder.queryFields((t) => ({
  viewer: t.field({
    description: 'Who is asking, and what is within reach.',
    type: Viewer,
    authScopes: { viewer: true },
    resolve: (_root, _args, { identity }) => identity,
  }),
}))
