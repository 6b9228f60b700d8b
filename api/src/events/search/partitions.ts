import { createHash } from 'node:crypto'
import { type EventScope, ofSystem, ofTenant } from '../read/event-filter.ts'

/**
 * An independent part of the search index. One partition contains all events, one exists for each tenant, and one
 * contains the system events that tenants may see. The events that an identity may see are always a union of
 * partitions, and its search reads only these. So the time that a search takes reveals nothing about texts that the
 * identity may not see.
 */
export interface IndexPartition {
  key: string
  /** The name of the row in totals_progress that stores up to where the partition is indexed. */
  progress: string
  /** A condition on `events e`. `value` adds a parameter and returns its placeholder. */
  condition(value: (parameter: unknown) => string): string
  /** Set if no database index keeps the events of the partition together. Then blocks store the ids of their events. */
  scattered?: true
}

/**
 * The name in totals_progress of the pass through the whole feed. It indexes all partitions except that of system
 * events.
 */
export const PROGRESS = 'sketches'

export const EVERYTHING: IndexPartition = { key: '', progress: PROGRESS, condition: () => 'true' }

export const tenantPartition = (tenantId: string): IndexPartition => ({
  key: `t:${tenantId}`,
  progress: PROGRESS,
  condition: (value) => ofTenant(tenantId, value),
})

/**
 * The partition of system events of these types. Its key depends on the types. So if the set of tenant-visible types
 * changes, a new partition is indexed from the start of the feed.
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

/** The partitions that together contain all events of a scope. No event is in two of them. */
export function partitionsOf(scope: EventScope): IndexPartition[] {
  if (scope === 'all') return [EVERYTHING]
  const { tenantId, system } = scope
  return [tenantPartition(tenantId), ...(system.length > 0 ? [systemPartition(system)] : [])]
}
