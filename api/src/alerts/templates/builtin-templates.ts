import type { CreateAlertRuleInput } from '../rules/input.ts'

/** What a template says of the rule that it makes. */
export type TemplateRule = Omit<CreateAlertRuleInput, 'tenantId' | 'webhookIds' | 'enabled'>

export interface BuiltinTemplate {
  /** The UUID of its id: fixed, so that links to it hold in every installation. */
  id: string
  slug: string
  name: string
  description: string
  rule: TemplateRule
}

/** For services: their health, their errors and their resources. */
const SERVICES: readonly BuiltinTemplate[] = [
  {
    id: '01900000-0000-7000-8000-000000000001',
    slug: 'high-cpu',
    name: 'High CPU',
    description:
      'A host says three times within five minutes that its CPU is busy. For events metrics.cpu.high with the host in the payload.',
    rule: {
      name: 'High CPU',
      description: 'See what runs on the host; scale out, or restart what has run away.',
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
    description: 'A service reports ten errors within a minute. For events api.error of each source by itself.',
    rule: {
      name: 'API errors',
      description: 'Look at the newest events for what fails, and at what was deployed last.',
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
      'A host says twice within fifteen minutes that a disk is nearly full. For events metrics.disk.low with the host in the payload.',
    rule: {
      name: 'Disk space low',
      description: 'Free space or grow the disk before it is full: databases stop when it is.',
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
    description: 'Restarting services failed three times within five minutes.',
    rule: {
      name: 'autoheal-failures-spike',
      description: 'Restarts do not help: look at the logs of the containers.',
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
      description: 'The service is not well by its own health check; see the page of services.',
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
    description: 'Every AI provider was asked and none answered, three times within five minutes.',
    rule: {
      name: 'No AI provider answers',
      description: 'See the page of AI providers for what each of them said.',
      eventType: 'ai.fallback.failed',
      severity: 'ERROR',
      windowSeconds: 300,
      threshold: 3,
    },
  },
  {
    id: '01900000-0000-7000-8000-000000000007',
    slug: 'access-denied',
    name: 'Denials of access',
    description: 'Twenty times within five minutes somebody tried what their role or tenant does not allow.',
    rule: {
      name: 'Many denials of access',
      description: 'Somebody tries doors, or a program has the wrong key; the audit trail has each attempt.',
      eventType: 'security.rbac.violation',
      severity: 'WARNING',
      windowSeconds: 300,
      threshold: 20,
    },
  },
]

/** AetherLink's own work, watched by itself: each is made into an enabled rule of the installation at its first start. */
export const SELF_WATCHING: readonly BuiltinTemplate[] = [
  {
    id: '01900000-0000-7000-8000-000000000101',
    slug: 'webhook-disabled',
    name: 'Webhook disabled',
    description: 'A webhook was disabled, since its receiver answered 410 or failed for days.',
    rule: {
      name: 'Webhook disabled',
      description: 'Nothing is delivered to it any more. Talk to its owner, then resume it and replay what it missed.',
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
      description: 'Its receiver fails. Once it is well again, replay what died meanwhile: the alert offers it.',
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
    description: 'Deliveries that nothing holds wait for more than a minute.',
    rule: {
      name: 'Delivery queue delayed',
      description: 'Workers are down or too few: see their logs, and start more.',
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
    description:
      'The recovery sweep found deliveries that a worker or the queue had lost, three times within ten minutes.',
    rule: {
      name: 'Lost work recovered',
      description: 'Nothing is lost, but workers die or Redis forgets: look at why.',
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
    description: 'Expired events could not be pruned or archived.',
    rule: {
      name: 'Pruning failed',
      description: 'The database grows until it can: see the page of retention for what stopped it.',
      eventType: 'ops.events.prune.failed',
      severity: 'ERROR',
      windowSeconds: 7_200,
      threshold: 1,
    },
  },
]

export const BUILTIN_TEMPLATES: readonly BuiltinTemplate[] = [...SERVICES, ...SELF_WATCHING]
