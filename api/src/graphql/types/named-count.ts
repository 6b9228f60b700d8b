import { builder } from '../builder.ts'

/** The statistics of several features contain this type. */
export const NamedCount = builder.objectRef<{ name: string; count: number }>('NamedCount').implement({
  description: 'A name and its count.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name.' }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
})
