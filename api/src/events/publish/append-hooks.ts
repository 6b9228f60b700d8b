import type { NewEvent } from './event-input.ts'

/** A delivery that is stored together with its event. */
export interface NewDelivery {
  id: string
  webhookId: string
  tenantId: string | null
  targetUrl: string
  maxAttempts: number
}

/** A match of an event with an alert rule: the rule, and the group in which the event is counted. */
export interface NewMatch {
  ruleId: string
  version: number
  groupKey: string
}

/** Determines the deliveries of events for an append. */
export interface FanOut {
  /** The epoch of the webhooks that `deliveriesOf` uses. */
  epoch(): Promise<bigint>
  deliveriesOf(event: Pick<NewEvent, 'tenantId' | 'type' | 'severity' | 'route'>): NewDelivery[]
  /** Reloads the webhooks. Called after an append was refused because of a stale epoch. */
  refresh(): Promise<void>
}

/** Determines the alert rules that count an event, for an append. The epochs are the same as those of the fan-out. */
export interface RuleMatcher {
  epoch(): Promise<bigint>
  matchesOf(event: NewEvent): readonly NewMatch[]
  refresh(): Promise<void>
}

/** Functions that an append calls before and after it writes. */
export interface AppendHooks {
  fanOut: FanOut
  rules: RuleMatcher
  committed(events: readonly NewEvent[], appended: readonly Appended[]): void
}

/**
 * The result of an append for one event: its position in the feed, its deliveries and matches. If the idempotency key
 * was used before, the id of the first event with that key.
 */
export type Appended =
  | { seq: bigint; deliveries: readonly NewDelivery[]; matches: readonly NewMatch[] }
  | { duplicateOf: string }

export type Append = (events: NewEvent[]) => Promise<Appended[]>
