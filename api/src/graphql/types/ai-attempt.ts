import { builder } from '../builder.ts'

/** The outcome of one AI provider for a request. */
export interface AiAttemptShape {
  provider: string
  ok: boolean
  skipped: boolean
  error: string | null
  latencyMs: number
}

/** The payloads of several features contain this type. */
export const AiAttempt = builder.objectRef<AiAttemptShape>('AiAttempt').implement({
  description: 'Outcome of one AI provider in the order of a request.',
  fields: (t) => ({
    provider: t.exposeString('provider', { description: 'The name of the provider.' }),
    ok: t.exposeBoolean('ok', { description: 'Whether it returned a response that is valid for the intent.' }),
    skipped: t.exposeBoolean('skipped', {
      description:
        'It was skipped without delay: it is not configured, does not support the intent, is cooling down or busy.',
    }),
    error: t.exposeString('error', {
      description:
        'Why it was skipped or how it failed; null if it answered. Never contains parts of a prompt or response.',
      nullable: true,
    }),
    latencyMs: t.exposeFloat('latencyMs', { description: 'Duration in milliseconds; 0 if it was skipped.' }),
  }),
})
