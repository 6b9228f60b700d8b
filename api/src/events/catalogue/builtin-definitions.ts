import { ALERT_TYPES, SELF_WATCHING_TYPES } from './alert-types.ts'
import { type BuiltinType, list, name, number, text } from './builtin-type.ts'

const service = name('name of the service')
const intent = text('what was asked for: extract-lead, summarize-activity, classify-intent, explain-incident')

/** Services: the registry's and the health checks'. */
const SERVICES: readonly BuiltinType[] = [
  {
    name: 'service.registered',
    description: 'A service announced itself to the registry, or announced itself anew with other particulars.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['service'],
      properties: {
        service,
        url: text('where it is reached'),
        healthUrl: text('where it is asked whether it is well'),
        version: text('its version'),
        tags: list('its tags'),
      },
    },
    example: {
      service: 'aether-crm-ui',
      url: 'http://crm-ui:5173',
      healthUrl: 'http://crm-ui:5173/health.json',
      version: '1.23.2',
      tags: ['ui'],
    },
  },
  {
    name: 'service.unregistered',
    description: 'A service left the registry: it said so, was removed, or was not heard of for its time to live.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, reason: text('why'), lastSeen: text('when it was last heard of (RFC 3339)') },
    },
    example: { service: 'aether-crm-ui', reason: 'not heard of for 90 s', lastSeen: '2026-03-01T12:00:00Z' },
  },
  {
    name: 'service.health.failed',
    description: 'A health check of a service failed.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['service'],
      properties: {
        service,
        status: { type: ['integer', 'string', 'null'], description: 'HTTP status of the answer, if there was one' },
        error: text('what went wrong'),
        healthUrl: text('what was asked'),
        consecutiveFailures: number('failures in a row, this one included'),
      },
    },
    example: { service: 'aether-crm-ui', status: 503, error: 'answered 503', consecutiveFailures: 3 },
  },
  {
    name: 'service.health.recovered',
    description: 'A service that was down or degraded is well again.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['service'],
      properties: {
        service,
        status: text('its status now'),
        previousStatus: text('its status before: DOWN or DEGRADED'),
        durationMs: number('how long it was not well'),
      },
    },
    example: { service: 'aether-crm-ui', status: 'OK', previousStatus: 'DOWN', durationMs: 84_000 },
  },
]

/** Healing: what is done about services that are not well. */
const HEALING: readonly BuiltinType[] = [
  {
    name: 'autoheal.attempted',
    description: 'A service is about to be restarted because it is not well.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, reason: text('what is wrong with it'), attempt: number('attempts in a row, from 1') },
    },
    example: { service: 'aether-ai-orchestrator', reason: 'health check failed 3 times', attempt: 1 },
  },
  {
    name: 'autoheal.succeeded',
    description: 'A restarted service is well again.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, attempt: number('attempts it took'), durationMs: number('from the restart to well') },
    },
    example: { service: 'aether-ai-orchestrator', attempt: 1, durationMs: 4210 },
  },
  {
    name: 'autoheal.failed',
    description: 'A service could not be restarted, or is no better for it.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, error: text('what went wrong'), attempt: number('attempts in a row, this one included') },
    },
    example: { service: 'aether-ai-orchestrator', error: 'still unhealthy 30 s after the restart', attempt: 3 },
  },
  {
    name: 'autoheal.flapping',
    description:
      'A service falls again and again after it was well: it is restarted no more until somebody has looked.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, reason: text('what is wrong with it'), falls: number('how often it fell lately') },
    },
    example: { service: 'aether-ai-orchestrator', reason: 'its health check fails', falls: 4 },
  },
  {
    name: 'autoheal.given_up',
    description: 'No restart has helped a service: it is restarted no more until somebody has looked.',
    defaultSeverity: 'CRITICAL',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, reason: text('what is wrong with it'), restarts: number('restarts that did not help') },
    },
    example: { service: 'aether-ai-orchestrator', reason: 'exited with code 1', restarts: 5 },
  },
  {
    name: 'autoheal.storm',
    description:
      'More than half of all watched containers are down at once. None is restarted: what ails them together is no matter of one of them.',
    defaultSeverity: 'CRITICAL',
    schema: {
      type: 'object',
      properties: {
        failing: number('how many are down'),
        watched: number('how many are watched'),
        services: list('which are down'),
      },
    },
    example: { failing: 5, watched: 6, services: ['aether-ai-orchestrator', 'aether-crm-ui'] },
  },
]

/** AI: which provider answered, and what it made. */
const AI: readonly BuiltinType[] = [
  {
    name: 'ai.provider.used',
    description: 'The first provider that was asked answered.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['provider'],
      properties: { provider: name('who answered'), intent, latencyMs: number('time to the answer') },
    },
    example: { provider: 'claude', intent: 'extract-lead', latencyMs: 812 },
  },
  {
    name: 'ai.fallback.used',
    description: 'A provider failed and a later one of the order answered.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['provider'],
      properties: {
        provider: name('who answered'),
        intent,
        failed: list('those before it that failed or are cooling down after a failure'),
        error: text('what the last of them said'),
        latencyMs: number('time to the answer, the failures included'),
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
    description: 'Every provider was asked and none answered.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['intent'],
      properties: {
        intent: name('what was asked for'),
        failed: list('those who were asked'),
        error: text('what the last of them said'),
      },
    },
    example: { intent: 'extract-lead', failed: ['claude', 'ollama', 'openai'], error: 'connection refused' },
  },
  {
    name: 'ai.drill.failed',
    description: 'A fallback drill found an AI provider that would not hold.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['provider'],
      properties: { provider: name('which provider'), error: text('the intent that failed, and how') },
    },
    example: { provider: 'ollama', error: 'extract-lead: cannot be reached (ECONNREFUSED)' },
  },
  {
    name: 'ai.summary.created',
    description: 'A summary of an activity, a lead or a conversation was made.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['summary'],
      properties: {
        summary: name('the summary'),
        activityId: text('of which activity'),
        leadId: text('of which lead'),
        provider: text('who made it'),
      },
    },
    example: { summary: 'Call with Ms Ito: wants an offer by Friday.', leadId: 'lead-1042', provider: 'claude' },
  },
]

/** CRM: leads and what is done about them. */
const CRM: readonly BuiltinType[] = [
  {
    name: 'lead.created',
    description: 'A lead was entered into the CRM.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['leadId'],
      properties: {
        leadId: name('id of the lead'),
        name: text('who it is'),
        company: text('for whom they work'),
        origin: text('how it came: web form, import, AI'),
      },
    },
    example: { leadId: 'lead-1042', name: 'Mika Ito', company: 'Nordwind GmbH', origin: 'web form' },
  },
  {
    name: 'lead.updated',
    description: 'A lead was changed.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['leadId'],
      properties: {
        leadId: name('id of the lead'),
        changed: list('names of the fields that changed'),
        status: text('its status now'),
      },
    },
    example: { leadId: 'lead-1042', changed: ['status'], status: 'qualified' },
  },
  {
    name: 'activity.created',
    description: 'A call, mail, meeting or note was entered for a lead.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['activityId'],
      properties: {
        activityId: name('id of the activity'),
        leadId: text('for which lead'),
        kind: text('call, mail, meeting, note'),
      },
    },
    example: { activityId: 'activity-310', leadId: 'lead-1042', kind: 'call' },
  },
]

/** What AetherLink itself says: of alerts, retention, webhooks and access. */
const OPERATIONS: readonly BuiltinType[] = [
  ...ALERT_TYPES,
  ...SELF_WATCHING_TYPES,
  {
    name: 'ops.events.pruned',
    description:
      'Events older than their retention were deleted: one event for each tenant and one for the system events.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['pruned_count', 'cutoff'],
      properties: {
        pruned_count: { type: 'integer', description: 'events deleted' },
        cutoff: name('what was received before is gone (RFC 3339)'),
        retention_days: number('the retention that was applied'),
        archived: { type: ['integer', 'boolean', 'null'], description: 'whether, or how many, were archived first' },
        archive_files: list('where they were archived to'),
        strategy: text('drop: whole days; delete: in batches; drop+delete: some of each'),
        duration_ms: number('how long it took, in milliseconds'),
        run: text('id of the prune run'),
      },
    },
    example: {
      pruned_count: 1204,
      cutoff: '2026-02-01T00:00:00Z',
      retention_days: 30,
      archived: 1204,
      archive_files: ['s3://archive/aetherlink/tenant-acme/events-2026-01-31.ndjson.gz'],
      strategy: 'delete',
      duration_ms: 340,
      run: 'prn_01h455vb4pex5vsknk084sn02q',
    },
  },
  {
    name: 'ops.events.prune.failed',
    description:
      'Events that had expired could not be archived or deleted, and were kept. The next prune run tries again.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['error', 'cutoff'],
      properties: {
        error: name('what went wrong'),
        cutoff: name('what was received before had expired (RFC 3339)'),
        run: text('id of the prune run'),
      },
    },
    example: {
      error: '2026-01-31 could not be archived and was kept: ENOSPC: no space left on device, write',
      cutoff: '2026-02-01T00:00:00Z',
      run: 'prn_01h455vb4pex5vsknk084sn02q',
    },
  },
  {
    name: 'webhook.disabled',
    description: 'A webhook was disabled because its receiver answered 410, or failed for 5 days without a success.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['webhookId', 'reason'],
      properties: { webhookId: name('id of the webhook'), name: text('its name'), reason: name('why') },
    },
    example: {
      webhookId: 'whk_01h455vb4pex5vsknk084sn02q',
      name: 'Billing bridge',
      reason: 'The receiver answered 410 Gone: it wants no more deliveries.',
    },
  },
  {
    name: 'webhook.test',
    description: 'Sent to one webhook by testWebhook. It is made up for the test and not stored as an event.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['message'],
      properties: {
        message: name('a sentence for whoever reads it'),
        webhookId: text('id of the webhook'),
        webhookName: text('its name'),
        requestedBy: text('who asked for the test'),
      },
    },
    example: {
      message: 'This is a test. If you can read this, AetherLink reaches this webhook.',
      webhookId: 'whk_01h455vb4pex5vsknk084sn02q',
      webhookName: 'Billing bridge',
      requestedBy: 'admin',
    },
  },
  {
    name: 'security.rbac.violation',
    description: 'Somebody tried what their role or their tenant does not allow.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['actor'],
      properties: {
        actor: name('who'),
        action: text('what they tried'),
        required: text('the role it takes'),
        roles: list('the roles they have'),
      },
    },
    example: {
      actor: 'key_01h455vb4pex5vsknk084sn02q',
      action: 'replayDelivery',
      required: 'OPERATOR',
      roles: ['VIEWER'],
    },
  },
]

/** Names of the same things from before there was one catalogue: still taken, not to be used any more. */
const ALIASES: readonly BuiltinType[] = [
  {
    name: 'ops.autoheal.performed',
    description:
      'Deprecated alias: says that a service was healed, or could not be. Publish autoheal.succeeded or autoheal.failed.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      properties: {
        service: text('name of the service'),
        success: { type: ['boolean', 'null'], description: 'whether it helped' },
      },
    },
    example: { service: 'aether-ai-orchestrator', success: true },
    deprecatedFor: 'autoheal.succeeded',
  },
  {
    name: 'ops.service.registered',
    description: 'Deprecated alias: says that a service announced itself. Publish service.registered.',
    defaultSeverity: 'INFO',
    schema: { type: 'object', properties: { service: text('name of the service'), url: text('where it is reached') } },
    example: { service: 'aether-crm-ui', url: 'http://crm-ui:5173' },
    deprecatedFor: 'service.registered',
  },
]

/** Every built-in type, by area. Names, and what is required of payloads, are never changed: consumers rely on both. */
export const BUILTIN_TYPES: readonly BuiltinType[] = [...SERVICES, ...HEALING, ...AI, ...CRM, ...OPERATIONS, ...ALIASES]
