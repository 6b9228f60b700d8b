import { ALERT_TYPES, SELF_WATCHING_TYPES } from './alert-types.ts'
import { type BuiltinType, list, name, number, text } from './builtin-type.ts'
import { WEBHOOK_TYPES } from './webhook-types.ts'

const service = name('name of the service')
const intent = text('requested intent: extract-lead, summarize-activity, classify-intent, explain-incident')

/** Services: registry and health checks. */
const SERVICES: readonly BuiltinType[] = [
  {
    name: 'service.registered',
    description: 'A service registered, or registered again with different data.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['service'],
      properties: {
        service,
        url: text('address of the service'),
        healthUrl: text('address of its health check'),
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
    description:
      'A service left the registry: it deregistered, was removed, or sent no heartbeat within its time to live.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, reason: text('why'), lastSeen: text('time of the last heartbeat (RFC 3339)') },
    },
    example: { service: 'aether-crm-ui', reason: 'no heartbeat for 90 s', lastSeen: '2026-03-01T12:00:00Z' },
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
        status: { type: ['integer', 'string', 'null'], description: 'HTTP status of the response, if any' },
        error: text('error'),
        healthUrl: text('address of the check'),
        consecutiveFailures: number('consecutive failures including this one'),
      },
    },
    example: { service: 'aether-crm-ui', status: 503, error: 'answered 503', consecutiveFailures: 3 },
  },
  {
    name: 'service.health.recovered',
    description: 'A service that was down or degraded is healthy again.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['service'],
      properties: {
        service,
        status: text('current status'),
        previousStatus: text('previous status: DOWN or DEGRADED'),
        durationMs: number('duration of the outage'),
      },
    },
    example: { service: 'aether-crm-ui', status: 'OK', previousStatus: 'DOWN', durationMs: 84_000 },
  },
]

/** Healing: restarts of unhealthy services. */
const HEALING: readonly BuiltinType[] = [
  {
    name: 'autoheal.attempted',
    description: 'An unhealthy service is about to be restarted.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, reason: text('reason for the restart'), attempt: number('consecutive attempt, from 1') },
    },
    example: { service: 'aether-ai-orchestrator', reason: 'health check failed 3 times', attempt: 1 },
  },
  {
    name: 'autoheal.succeeded',
    description: 'A restarted service is healthy again.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['service'],
      properties: {
        service,
        attempt: number('number of attempts'),
        durationMs: number('time from the restart until healthy'),
      },
    },
    example: { service: 'aether-ai-orchestrator', attempt: 1, durationMs: 4210 },
  },
  {
    name: 'autoheal.failed',
    description: 'A service could not be restarted, or is still unhealthy after the restart.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, error: text('error'), attempt: number('consecutive attempts including this one') },
    },
    example: { service: 'aether-ai-orchestrator', error: 'still unhealthy 30 s after the restart', attempt: 3 },
  },
  {
    name: 'autoheal.flapping',
    description: 'A service repeatedly fails after recovering. It is not restarted until an operator resumes healing.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['service'],
      properties: { service, reason: text('reason for the restart'), falls: number('number of recent failures') },
    },
    example: { service: 'aether-ai-orchestrator', reason: 'health check fails', falls: 4 },
  },
  {
    name: 'autoheal.given_up',
    description: 'No restart has helped a service. It is not restarted until an operator resumes healing.',
    defaultSeverity: 'CRITICAL',
    schema: {
      type: 'object',
      required: ['service'],
      properties: {
        service,
        reason: text('reason for the restart'),
        restarts: number('number of unsuccessful restarts'),
      },
    },
    example: { service: 'aether-ai-orchestrator', reason: 'exited with code 1', restarts: 5 },
  },
  {
    name: 'autoheal.storm',
    description:
      'More than half of all monitored containers are down at once. None is restarted, because the cause is probably common to all.',
    defaultSeverity: 'CRITICAL',
    schema: {
      type: 'object',
      properties: {
        failing: number('number of containers that are down'),
        watched: number('number of monitored containers'),
        services: list('containers that are down'),
      },
    },
    example: { failing: 5, watched: 6, services: ['aether-ai-orchestrator', 'aether-crm-ui'] },
  },
]

/** AI: which provider answered, and its results. */
const AI: readonly BuiltinType[] = [
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

/** CRM: leads and activities. */
const CRM: readonly BuiltinType[] = [
  {
    name: 'lead.created',
    description: 'A lead was created.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['leadId'],
      properties: {
        leadId: name('id of the lead'),
        name: text('name of the person'),
        company: text('company of the person'),
        origin: text('origin: web form, import, AI'),
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
        changed: list('names of the changed fields'),
        status: text('current status'),
      },
    },
    example: { leadId: 'lead-1042', changed: ['status'], status: 'qualified' },
  },
  {
    name: 'activity.created',
    description: 'A call, mail, meeting or note was added to a lead.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['activityId'],
      properties: {
        activityId: name('id of the activity'),
        leadId: text('id of the lead'),
        kind: text('call, mail, meeting, note'),
      },
    },
    example: { activityId: 'activity-310', leadId: 'lead-1042', kind: 'call' },
  },
]

/** AetherLink's own events: alerts, retention, webhooks, access. */
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
        cutoff: name('events received before this time are gone (RFC 3339)'),
        retention_days: number('applied retention in days'),
        archived: {
          type: ['integer', 'boolean', 'null'],
          description: 'whether events were archived first, or how many',
        },
        archive_files: list('addresses of the archive files'),
        strategy: text('drop: whole days; delete: in batches; drop+delete: both'),
        duration_ms: number('duration in milliseconds'),
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
    description: 'Expired events could not be archived or deleted and remain stored. The next prune run tries again.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['error', 'cutoff'],
      properties: {
        error: name('error'),
        cutoff: name('events received before this time have expired (RFC 3339)'),
        run: text('id of the prune run'),
      },
    },
    example: {
      error: '2026-01-31 could not be archived and was kept: ENOSPC: no space left on device, write',
      cutoff: '2026-02-01T00:00:00Z',
      run: 'prn_01h455vb4pex5vsknk084sn02q',
    },
  },
  ...WEBHOOK_TYPES,
  {
    name: 'security.rbac.violation',
    description: 'A caller attempted an operation that its role or tenant does not allow.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['actor'],
      properties: {
        actor: name('id of the caller'),
        action: text('attempted operation'),
        required: text('required role'),
        roles: list('roles of the caller'),
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

/** Deprecated names from before the catalogue existed. They are still accepted. */
const ALIASES: readonly BuiltinType[] = [
  {
    name: 'ops.autoheal.performed',
    description:
      'Deprecated alias for the outcome of a restart. Publish autoheal.succeeded or autoheal.failed instead.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      properties: {
        service: text('name of the service'),
        success: { type: ['boolean', 'null'], description: 'whether the restart succeeded' },
      },
    },
    example: { service: 'aether-ai-orchestrator', success: true },
    deprecatedFor: 'autoheal.succeeded',
  },
  {
    name: 'ops.service.registered',
    description: 'Deprecated alias for the registration of a service. Publish service.registered instead.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      properties: { service: text('name of the service'), url: text('address of the service') },
    },
    example: { service: 'aether-crm-ui', url: 'http://crm-ui:5173' },
    deprecatedFor: 'service.registered',
  },
]

/** All built-in types by area. Names and required payload fields never change, because consumers rely on both. */
export const BUILTIN_TYPES: readonly BuiltinType[] = [...SERVICES, ...HEALING, ...AI, ...CRM, ...OPERATIONS, ...ALIASES]
