import type { Day, DayState } from '../policies/policy.ts'
import type { DayContent } from './inventory.ts'

/** A tenant's events of a day that are to be pruned. */
export interface ScopeOfDay {
  tenantId: string | null
  events: number
}

/** The part of a day that is pruned. */
export interface DayPlan {
  day: Day
  /**
   * `drop`: all rows of the day have expired, so the day's partitions are dropped. `delete`: some rows must be kept, so
   * the rows of `scopes` are deleted in batches.
   */
  how: 'drop' | 'delete'
  /** The tenants whose events are pruned. Empty if only an empty partition is dropped. */
  scopes: readonly ScopeOfDay[]
}

export interface PlanInput {
  contents: readonly DayContent[]
  /** Days before `before` that have a partition, even if it is empty. */
  partitions: ReadonlySet<Day>
  before: Day
  stateOf: (tenantId: string | null, day: Day) => DayState
}

/** Plans the pruning of all days that have expired rows or an empty partition, oldest day first. Pure. */
export function planDays({ contents, partitions, before, stateOf }: PlanInput): DayPlan[] {
  const days = new Map<Day, DayContent[]>()
  for (const content of contents) {
    if (content.day < before) days.set(content.day, [...(days.get(content.day) ?? []), content])
  }
  const plans: DayPlan[] = []
  for (const day of [...new Set([...days.keys(), ...partitions])].sort((a, b) => a - b)) {
    if (day >= before) continue
    const present = days.get(day) ?? []
    const expired = present.filter(({ tenantId }) => stateOf(tenantId, day) === 'EXPIRED')
    const scopes = expired
      .filter(({ events, open }) => events > open)
      .map(({ tenantId, events, open }) => ({ tenantId, events: events - open }))
    const goesWhole =
      partitions.has(day) && expired.length === present.length && expired.every(({ open }) => open === 0)
    if (goesWhole) plans.push({ day, how: 'drop', scopes })
    else if (scopes.length > 0) plans.push({ day, how: 'delete', scopes })
  }
  return plans
}
