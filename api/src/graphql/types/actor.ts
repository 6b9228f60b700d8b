import { builder } from '../builder.ts'

export const ActorKind = builder.enumType('ActorKind', {
  description: 'Kinds of actors.',
  values: {
    USER: { description: 'A signed-in user.' },
    API_KEY: { description: 'The holder of an API key.' },
    SYSTEM: { description: 'A component of AetherLink.' },
  } as const,
})

export interface ActorShape {
  kind: typeof ActorKind.$inferType
  id: string
  name: string | null
}

export const Actor = builder.objectRef<ActorShape>('Actor').implement({
  description: 'The identity that performed an action.',
  fields: (t) => ({
    kind: t.expose('kind', { description: 'Kind of the actor.', type: ActorKind }),
    id: t.exposeString('id', {
      description: 'Id of the API key, subject of the user, or name of the component.',
    }),
    name: t.exposeString('name', { description: 'Display name.', nullable: true }),
  }),
})
