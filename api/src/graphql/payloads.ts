import { builder } from './builder.ts'

/** Payloads that more than one feature's mutations answer. */
export const DeletePayload = builder.objectRef<{ deletedId: string }>('DeletePayload').implement({
  description: 'What was deleted.',
  fields: (t) => ({
    deletedId: t.exposeID('deletedId', { description: 'The id that is gone.' }),
  }),
})
