import type { TemplateRule } from './template-rule.ts'

export interface BuiltinTemplate {
  /** The UUID of the template, fixed so that links to the template work in every installation. */
  id: string
  slug: string
  name: string
  description: string
  rule: TemplateRule
}

/** Templates for services: their health, errors and resources. */
const SERVICES: readonly BuiltinTemplate[] = [
  {
    id: '01900000-0000-7000-8000-000000000001',
    slug: 'high-cpu',
    name: 'High CPU',
    description:
      'A host reports high CPU use three times within five minutes. Counts metrics.cpu.high events by payload.host.',
    rule: {
      name: 'High CPU',
      description: 'Check which processes use the CPU. Scale out, or restart the process.',
      eventType: 'metrics.cpu.high',
      severity: 'WARNING',
      windowSeconds: 300,
      threshold: 3,
      groupBy: ['payload.host'],
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000002',
    slug: 'api-errors',
    name: 'API errors',
    description: 'A service reports ten errors within a minute. Counts api.error* events by source.',
    rule: {
      name: 'API errors',
      description: 'Read the newest events, and check the last deployment.',
      eventType: 'api.error*',
      severity: 'ERROR',
      windowSeconds: 60,
      threshold: 10,
      groupBy: ['source'],
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000003',
    slug: 'disk-space',
    name: 'Disk space',
    description:
      'A host reports a nearly full disk twice within fifteen minutes. Counts metrics.disk.low events by payload.host.',
    rule: {
      name: 'Disk space low',
      description: 'Free space or grow the disk. Databases stop when it is full.',
      eventType: 'metrics.disk.low',
      severity: 'ERROR',
      windowSeconds: 900,
      threshold: 2,
      groupBy: ['payload.host'],
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000004',
    slug: 'autoheal-failures',
    name: 'Auto-heal failures',
    description: 'Auto-heal failed to restart services three times within five minutes.',
    rule: {
      name: 'autoheal-failures-spike',
      description: 'Restarts do not help. Read the logs of the containers.',
      eventType: 'autoheal.failed',
      severity: 'CRITICAL',
      windowSeconds: 300,
      threshold: 3,
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000005',
    slug: 'service-down',
    name: 'Service down',
    description: 'A service failed its health check.',
    rule: {
      name: 'Service down',
      description: 'Open the service on the services page for its last health checks.',
      eventType: 'service.health.failed',
      severity: 'ERROR',
      windowSeconds: 300,
      threshold: 1,
      groupBy: ['subject'],
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000006',
    slug: 'ai-fallback-failed',
    name: 'No AI provider answers',
    description: 'Every AI provider failed, three times within five minutes.',
    rule: {
      name: 'No AI provider answers',
      description: 'The AI page shows the last error of each provider.',
      eventType: 'ai.fallback.failed',
      severity: 'ERROR',
      windowSeconds: 300,
      threshold: 3,
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000007',
    slug: 'access-denied',
    name: 'Access denied',
    description: 'Twenty requests within five minutes were denied because of their role or tenant.',
    rule: {
      name: 'Many requests denied',
      description:
        'Either an intruder probes the API or a program has the wrong key. The audit trail lists every attempt.',
      eventType: 'security.rbac.violation',
      severity: 'WARNING',
      windowSeconds: 300,
      threshold: 20,
    },
  },
]

/**
 * Templates with which AetherLink watches itself. At the first start each of them becomes an enabled, installation-wide
 * rule.
 */
export const SELF_WATCHING: readonly BuiltinTemplate[] = [
  {
    id: '01900000-0000-7000-8000-000000000101',
    slug: 'webhook-disabled',
    name: 'Webhook disabled',
    description: 'A webhook was disabled because its receiver answered 410 or failed for days.',
    rule: {
      name: 'Webhook disabled',
      description: 'It no longer receives deliveries. Contact its owner, then resume it and replay what it missed.',
      eventType: 'webhook.disabled',
      severity: 'ERROR',
      windowSeconds: 3_600,
      threshold: 1,
      groupBy: ['subject'],
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000102',
    slug: 'dead-letters-growing',
    name: 'Dead letters growing',
    description: 'Deliveries of a webhook end as dead letters.',
    rule: {
      name: 'Dead letters growing',
      description: 'Its receiver fails. Once the receiver works again, the alert offers to replay the dead letters.',
      eventType: 'webhook.dead_letters',
      severity: 'ERROR',
      windowSeconds: 300,
      threshold: 1,
      groupBy: ['subject'],
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000103',
    slug: 'queue-delayed',
    name: 'Delivery queue delayed',
    description: 'Deliveries have been due for more than a minute and no worker sends them.',
    rule: {
      name: 'Delivery queue delayed',
      description: 'Workers are down, stuck or too few. Read their logs, and start more.',
      eventType: 'ops.queue.delayed',
      severity: 'CRITICAL',
      windowSeconds: 60,
      threshold: 1,
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000104',
    slug: 'work-recovered',
    name: 'Lost work recovered',
    description: 'The recovery sweep found deliveries that a worker or Redis had lost, three times within ten minutes.',
    rule: {
      name: 'Lost work recovered',
      description: 'The deliveries are sent, but workers crash or Redis loses data. Find out why.',
      eventType: 'ops.deliveries.recovered',
      severity: 'WARNING',
      windowSeconds: 600,
      threshold: 3,
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000105',
    slug: 'prune-failed',
    name: 'Pruning failed',
    description: 'Expired events could not be archived or deleted.',
    rule: {
      name: 'Pruning failed',
      description: 'The database keeps growing. The retention page shows the error.',
      eventType: 'ops.events.prune.failed',
      severity: 'ERROR',
      windowSeconds: 7_200,
      threshold: 1,
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000106',
    slug: 'autoheal-storm',
    name: 'Auto-heal storm',
    description: 'More than half of the watched containers are down at once, so auto-heal restarts none of them.',
    rule: {
      name: 'Auto-heal storm',
      description: 'Look for a common cause: the Docker host, the network, or a shared database.',
      eventType: 'autoheal.storm',
      severity: 'CRITICAL',
      // The event is repeated every 5 minutes while the storm lasts, so the alert stays open.
      windowSeconds: 900,
      threshold: 1,
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000107',
    slug: 'autoheal-given-up',
    name: 'Auto-heal gave up',
    description: 'No restart has helped a container, so auto-heal no longer restarts it.',
    rule: {
      name: 'Auto-heal gave up',
      description:
        'Read the log of its last attempt on the auto-heal page, remove the cause, and release the container.',
      eventType: 'autoheal.given_up',
      severity: 'CRITICAL',
      // The event is repeated every hour while the container stays down, so the alert stays open.
      windowSeconds: 7_200,
      threshold: 1,
      groupBy: ['subject'],
    },
  },
]

export const BUILTIN_TEMPLATES: readonly BuiltinTemplate[] = [...SERVICES, ...SELF_WATCHING]
