import { createHash } from 'node:crypto'
import { type EventScope, ofSystem, ofTenant } from '../read/event-filter.ts'

/**
 * Events that are sketched by themselves because there is somebody who may search just these: everybody's, one tenant's, and the
 * system's of the types that tenants see. What an identity may find is always the union of some, and its search reads the
 * sketches of those alone. So how much it reads cannot depend on any text beyond its reach.
 */
export interface IndexPartition {
  key: string
  /** The name in totals_progress of how far in the feed it is sketched. */
  progress: string
  /** On `events e`; `value` appends a parameter and answers its number. */
  condition(value: (given: unknown) => string): string
  /** No index has its events together, so that blocks list theirs. */
  scattered?: true
}

/** What everything but the system scope is sketched by: one walk through the whole feed. */
export const PROGRESS = 'sketches'

export const EVERYTHING: IndexPartition = { key: '', progress: PROGRESS, condition: () => 'true' }

export const tenantPartition = (tenantId: string): IndexPartition => ({
  key: `t:${tenantId}`,
  progress: PROGRESS,
  condition: (value) => ofTenant(tenantId, value),
})

/**
 * The system's events of these types. Its key tells the types: where tenants come to see others, there is another scope, which a
 * worker sketches from the beginning of the feed on.
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

/** Those that together have all that a query may find; they exclude each other. */
export function partitionsOf(scope: EventScope): IndexPartition[] {
  if (scope === 'all') return [EVERYTHING]
  const { tenantId, system } = scope
  return [tenantPartition(tenantId), ...(system.length > 0 ? [systemPartition(system)] : [])]
}
