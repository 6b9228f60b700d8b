import { builder } from './builder.ts'

/** In the statistics of more than one feature. */
export const NamedCount = builder.objectRef<{ name: string; count: number }>('NamedCount').implement({
  description: 'How many there are of something that has a name.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name.' }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
})
