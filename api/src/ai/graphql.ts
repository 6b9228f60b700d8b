import { auditedAct } from '../audit/record.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { STARTS_PACED } from '../graphql/paced-start.ts'
import { AiAttempt } from '../graphql/types/ai-attempt.ts'
import { DEFAULT_TENANT, writeTenant } from '../identity/tenant-scope.ts'
import './graphql-incidents.ts'
import './graphql-providers.ts'
import { checkIntent } from './check-input.ts'
import type { Orchestrated } from './orchestrate.ts'
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
        'The input of the intent: { text } for extract-lead; { text, kind } for summarize-activity; { text, labels } for classify-intent; { facts } for explain-incident. docs/ai.md has the schemas.',
    }),
    tenantId: t.string({
      description: 'The tenant of the request; default: the tenant of the caller, else "default".',
    }),
    timeoutMs: t.int({
      description: 'Milliseconds for all providers together, from 100; default: AI_TIMEOUT_MS.',
    }),
  }),
})

const OrchestratePayload = builder.objectRef<Orchestrated<unknown>>('OrchestratePayload').implement({
  description: 'The first answer that fits the schema of the intent.',
  fields: (t) => ({
    output: t.expose('output', { description: 'The answer, in the schema of the intent.', type: 'JSON' }),
    usedProvider: t.exposeString('usedProvider', { description: 'The provider that answered.' }),
    latencyMs: t.exposeFloat('latencyMs', { description: 'Milliseconds to the answer, including failed attempts.' }),
    attempts: t.expose('attempts', {
      description: 'Every provider up to the one that answered, in order.',
      type: [AiAttempt],
      extensions: costs({ rows: 5 }),
    }),
  }),
})

/**
 * The cost of an operation that sends a request to an AI provider: the vendor charges for it, and the answer may take
 * seconds.
 */
export const ASKS_A_PROVIDER = 100

builder.mutationField('orchestrate', (t) =>
  t.field({
    description:
      'Sends the request to the AI providers in their order until one returns an answer that fits the intent. If none does, the error is UNAVAILABLE, with every attempt in `extensions.attempts`.',
    type: OrchestratePayload,
    authScopes: { agent: true },
    audit: { action: 'ai.orchestrate', target: 'aiIntent' },
    extensions: { ...costs({ self: ASKS_A_PROVIDER }), ...STARTS_PACED },
    args: { input: t.arg({ type: OrchestrateInput, required: true, description: 'The request.' }) },
    resolve: async (_root, { input }, context) => {
      const tenantId = writeTenant(context.identity, input.tenantId) ?? DEFAULT_TENANT
      const intent = checkIntent(input.intent, 'input.intent')
      const { requestId, receivedAt } = context
      const request = { tenantId, timeoutMs: input.timeoutMs ?? null, requestId, receivedAt }
      const path = ['input', 'input']
      const answer = await context.ai.orchestrate(intent, input.input.read(path), request, path)
      // Requests and answers may contain a customer's data, so the audit trail does not store them.
      return auditedAct(context.core, context, 'ai.orchestrate', {
        result: answer,
        target: { type: 'aiIntent', id: intent },
        tenantId,
        after: { usedProvider: answer.usedProvider },
      })
    },
  }),
)
