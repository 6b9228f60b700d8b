import { type BuiltinType, list, name, number, text } from './builtin-type.ts'

const service = name('name of the service')

/** Types of healing events: restarts of unhealthy services. */
export const HEALING_TYPES: readonly BuiltinType[] = [
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
    description:
      'No restart has helped a service. It is not restarted until an operator resumes healing. Repeated every hour while it stays down.',
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
      'More than half of all monitored containers are down at once. None is restarted, because the cause is probably common to all. Repeated every 5 minutes while this lasts.',
    defaultSeverity: 'CRITICAL',
    schema: {
      type: 'object',
      properties: {
        failing: number('number of containers that are down'),
        watched: number('number of monitored containers'),
        services: list('containers that are down'),
        since: text('beginning of the storm, the same in its repeated events'),
      },
    },
    example: {
      failing: 5,
      watched: 6,
      services: ['aether-ai-orchestrator', 'aether-crm-ui'],
      since: '2026-03-01T11:29:00.000Z',
    },
  },
]
