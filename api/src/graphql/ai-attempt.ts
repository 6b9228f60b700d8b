import { builder } from './builder.ts'

/** What became of one provider of an AI request's order. */
export interface AiAttemptShape {
  provider: string
  ok: boolean
  skipped: boolean
  error: string | null
  latencyMs: number
}

/** In the payloads of more than one feature. */
export const AiAttempt = builder.objectRef<AiAttemptShape>('AiAttempt').implement({
  description: 'What became of one AI provider in the order of a request.',
  fields: (t) => ({
    provider: t.exposeString('provider', { description: 'The name of the provider.' }),
    ok: t.exposeBoolean('ok', { description: 'Whether it answered what fits the schema of the intent.' }),
    skipped: t.exposeBoolean('skipped', {
      description: 'It was not asked, and cost no time: it is not configured, cannot do this, cools down or is busy.',
    }),
    error: t.exposeString('error', {
      description:
        'Why it was skipped, or how it failed; null when it answered. Never a part of a prompt or an answer.',
      nullable: true,
    }),
    latencyMs: t.exposeFloat('latencyMs', { description: 'Milliseconds that it took; 0 when it was skipped.' }),
  }),
})
