import { type BuiltinType, list, name, number, text } from './builtin-type.ts'

const intent = text('requested intent: extract-lead, summarize-activity, classify-intent, explain-incident')

/** Types of AI events: the provider that answered, and the results. */
export const AI_TYPES: readonly BuiltinType[] = [
  {
    name: 'ai.provider.used',
    description: 'The first provider in the order answered.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['provider'],
      properties: { provider: name('provider that answered'), intent, latencyMs: number('response time') },
    },
    example: { provider: 'claude', intent: 'extract-lead', latencyMs: 812 },
  },
  {
    name: 'ai.fallback.used',
    description: 'A provider failed and a later one in the order answered.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['provider'],
      properties: {
        provider: name('provider that answered'),
        intent,
        failed: list('earlier providers that failed or are cooling down after a failure'),
        error: text('error of the last failed provider'),
        latencyMs: number('response time including the failures'),
      },
    },
    example: {
      provider: 'ollama',
      intent: 'summarize-activity',
      failed: ['claude'],
      error: 'answered 529',
      latencyMs: 2945,
    },
  },
  {
    name: 'ai.fallback.failed',
    description: 'All providers failed.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['intent'],
      properties: {
        intent: name('requested intent'),
        failed: list('providers that were tried'),
        error: text('error of the last failed provider'),
      },
    },
    example: { intent: 'extract-lead', failed: ['claude', 'ollama', 'openai'], error: 'connection refused' },
  },
  {
    name: 'ai.drill.failed',
    description: 'A fallback drill found that an AI provider does not work.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['provider'],
      properties: { provider: name('which provider'), error: text('the failed intent and its error') },
    },
    example: { provider: 'ollama', error: 'extract-lead: cannot be reached (ECONNREFUSED)' },
  },
  {
    name: 'ai.summary.created',
    description: 'A summary of an activity, a lead or a conversation was created.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['summary'],
      properties: {
        summary: name('the summary'),
        activityId: text('id of the activity'),
        leadId: text('id of the lead'),
        provider: text('provider that wrote it'),
      },
    },
    example: { summary: 'Call with Ms Ito: wants an offer by Friday.', leadId: 'lead-1042', provider: 'claude' },
  },
]
