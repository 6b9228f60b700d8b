import { builder } from './builder.ts'

/** Mutation payloads shared by several features. */
export const DeletePayload = builder.objectRef<{ deletedId: string }>('DeletePayload').implement({
  description: 'A deleted object.',
  fields: (t) => ({
    deletedId: t.exposeID('deletedId', { description: 'Id of the deleted object.' }),
  }),
})
