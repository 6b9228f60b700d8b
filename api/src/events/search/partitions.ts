import { createHash } from 'node:crypto'
import { type EventScope, ofSystem, ofTenant } from '../read/event-filter.ts'

/**
 * An independent part of the search index. There is one partition of all events, one per tenant, and one of the
 * system events that tenants see. The visible events of an identity are always a union of partitions, and its search
 * reads only those. The amount that it reads therefore reveals nothing about texts that the identity may not see.
 */
export interface IndexPartition {
  key: string
  /** Name of the row in totals_progress that stores how far the partition is indexed. */
  progress: string
  /** A condition on `events e`. `value` appends a parameter and returns its placeholder. */
  condition(value: (parameter: unknown) => string): string
  /** Set if no database index clusters the events, so that blocks store the event ids. */
  scattered?: true
}

/** Progress name of the pass through the whole feed, which indexes all partitions but that of system events. */
export const PROGRESS = 'sketches'

export const EVERYTHING: IndexPartition = { key: '', progress: PROGRESS, condition: () => 'true' }

export const tenantPartition = (tenantId: string): IndexPartition => ({
  key: `t:${tenantId}`,
  progress: PROGRESS,
  condition: (value) => ofTenant(tenantId, value),
})

/**
 * The partition of system events of these types. The key depends on the types: if the visible types change, a new
 * partition is indexed from the start of the feed.
 */
export function systemPartition(types: readonly string[]): IndexPartition {
  const hash = createHash('sha256')
    .update(JSON.stringify([...types].sort()))
    .digest('base64url')
  const key = `s:${hash.slice(0, 22)}`
  return {
    key,
    progress: `${PROGRESS} ${key}`,
    condition: (value) => ofSystem(types, value),
    scattered: true,
  }
}

/** The disjoint partitions that together contain all events in a scope. */
export function partitionsOf(scope: EventScope): IndexPartition[] {
  if (scope === 'all') return [EVERYTHING]
  const { tenantId, system } = scope
  return [tenantPartition(tenantId), ...(system.length > 0 ? [systemPartition(system)] : [])]
}
