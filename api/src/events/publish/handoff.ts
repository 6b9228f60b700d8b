import type { AppContext } from '../../app-context.ts'

/**
 * How many milliseconds a worker has to claim a new delivery before the sweep may do that. 0 while Redis is
 * unavailable, because then no worker is notified, and the next sweep must find the delivery.
 */
export const handoffGraceMs = ({ redis, jobs, env }: Pick<AppContext, 'redis' | 'jobs' | 'env'>): number =>
  redis.status === 'ready' && jobs.isReady() ? env.HANDOFF_GRACE_MS : 0
