import type { Chance } from './random.ts'
import type { Row } from './rows.ts'

/**
 * Alert rules of a demo tenant. The first rule fires as soon as a worker runs, because one of the tenant's receivers is
 * down.
 */
export function alertRuleRows(chance: Chance, now: number): Row[] {
  const at = new Date(now).toISOString()
  const shared = {
    tenant_id: 'tenant-2',
    event_severity: null,
    enabled: true,
    repeat_interval_seconds: 14_400,
    webhook_ids: [],
    version: 1,
    rebuild_at: at,
    created_at: at,
    updated_at: at,
  }
  return [
    {
      id: chance.id(now),
      name: 'Receiver degraded',
      description:
        'A receiver fails. Open its webhook: the page shows the error, whether its circuit is open, and what waits.',
      event_type: 'webhook.degraded',
      source: null,
      severity: 'WARNING',
      window_seconds: 3_600,
      threshold: 1,
      group_by: ['subject'],
      ...shared,
    },
    {
      id: chance.id(now),
      name: 'Jobs failing',
      description: 'Five jobs of one service failed within ten minutes.',
      event_type: 'job.failed',
      source: null,
      severity: 'ERROR',
      window_seconds: 600,
      threshold: 5,
      group_by: ['source'],
      ...shared,
    },
  ]
}
