import { type BuiltinType, list, name, number, text } from './builtin-type.ts'

const service = name('name of the service')

/** Types of service events: registry and health checks. */
export const SERVICE_TYPES: readonly BuiltinType[] = [
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
