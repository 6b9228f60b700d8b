import type { AppContext } from '../../app-context.ts'

/**
 * Milliseconds that a new delivery has to be claimed before the sweep looks at it. None while Redis is unavailable: no worker can hear of
 * the delivery then, and it is the next sweep's.
 */
export const handoffGraceMs = ({ redis, jobs, env }: Pick<AppContext, 'redis' | 'jobs' | 'env'>): number =>
  redis.status === 'ready' && jobs.isReady() ? env.HANDOFF_GRACE_MS : 0
