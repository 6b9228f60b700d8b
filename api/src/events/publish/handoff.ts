import type { AppContext } from '../../app-context.ts'

/**
 * Milliseconds within which a worker should claim a new delivery before the sweep may take it. It is 0 while Redis is
 * unavailable: no worker is notified, so the next sweep takes the delivery.
 */
export const handoffGraceMs = ({ redis, jobs, env }: Pick<AppContext, 'redis' | 'jobs' | 'env'>): number =>
  redis.status === 'ready' && jobs.isReady() ? env.HANDOFF_GRACE_MS : 0
