import { audited } from '../audit/record.ts'
import { AiAttempt } from '../graphql/ai-attempt.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { DEFAULT_TENANT, writeTenant } from '../identity/tenant-scope.ts'
import './graphql-incidents.ts'
import './graphql-providers.ts'
import { checkIntent, type Orchestrated } from './orchestrate.ts'
import './ai.ts'

const OrchestrateInput = builder.inputType('OrchestrateInput', {
  description: 'The kind of request to AI providers.',
  fields: (t) => ({
    intent: t.string({
      required: true,
      description: 'extract-lead, summarize-activity, classify-intent or explain-incident.',
    }),
    input: t.field({
      type: 'JSON',
      required: true,
      description:
        'What the intent takes: { text } of extract-lead; { text, kind } of summarize-activity; { text, labels } of classify-intent; { facts } of explain-incident. docs/ai.md has the schemas.',
    }),
    tenantId: t.string({
      description: 'Whose request it is; the tenant of the caller when left out, else "default".',
    }),
    timeoutMs: t.int({
      description: 'Milliseconds that all providers together may take, from 100; AI_TIMEOUT_MS when left out.',
    }),
  }),
})

const OrchestratePayload = builder.objectRef<Orchestrated<unknown>>('OrchestratePayload').implement({
  description: 'The first answer that fits the schema of the intent.',
  fields: (t) => ({
    output: t.expose('output', { description: 'The answer, as the intent defines it.', type: 'JSON' }),
    usedProvider: t.exposeString('usedProvider', { description: 'The provider that answered.' }),
    latencyMs: t.exposeFloat('latencyMs', { description: 'Milliseconds to the answer, failed attempts included.' }),
    attempts: t.expose('attempts', {
      description: 'Every provider of the order up to the one that answered.',
      type: [AiAttempt],
      extensions: costs({ rows: 5 }),
    }),
  }),
})

/** An answer takes a vendor's money, and may take seconds. */
export const ASKS_A_PROVIDER = 100

builder.mutationField('orchestrate', (t) =>
  t.field({
    description:
      'Asks the AI providers in their order until one answers what fits the intent. When none does it is UNAVAILABLE, with every attempt in `extensions.attempts`.',
    type: OrchestratePayload,
    authScopes: { agent: true },
    audit: { action: 'ai.orchestrate', target: 'aiIntent' },
    extensions: costs({ self: ASKS_A_PROVIDER }),
    args: { input: t.arg({ type: OrchestrateInput, required: true, description: 'What is asked.' }) },
    resolve: async (_root, { input }, context) => {
      const tenantId = writeTenant(context.identity, input.tenantId) ?? DEFAULT_TENANT
      const intent = checkIntent(input.intent, 'input.intent')
      const { requestId } = context
      const request = { tenantId, timeoutMs: input.timeoutMs ?? null, requestId }
      const path = ['input', 'input']
      const answer = await context.ai.orchestrate(intent, input.input.read(path), request, path)
      // Questions and answers may hold a customer's data: they stay out of the audit trail.
      return audited(context.core, context, 'ai.orchestrate', async () => ({
        result: answer,
        target: { type: 'aiIntent', id: intent },
        tenantId,
        after: { usedProvider: answer.usedProvider },
      }))
    },
  }),
)
