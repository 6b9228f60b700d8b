import { builder } from './builder.ts'

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
