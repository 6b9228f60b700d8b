import type { NewEvent } from './event-input.ts'

/** A delivery that is created together with its event. */
export interface NewDelivery {
  id: string
  webhookId: string
  tenantId: string | null
  targetUrl: string
  maxAttempts: number
}

/** An alert rule that counts an event, and the group that the event counts for. */
export interface NewMatch {
  ruleId: string
  version: number
  groupKey: string
}

/** Determines the deliveries of an event during an append. */
export interface FanOut {
  /** The version of the webhooks that `deliveriesOf` uses. */
  epoch(): Promise<bigint>
  deliveriesOf(event: Pick<NewEvent, 'tenantId' | 'type' | 'severity' | 'route'>): NewDelivery[]
  /** Reloads the webhooks after an append was rejected for a stale epoch. */
  refresh(): Promise<void>
}

/** Determines the alert rules that count an event during an append. Shares the epochs of the fan-out. */
export interface RuleMatcher {
  epoch(): Promise<bigint>
  matchesOf(event: NewEvent): readonly NewMatch[]
  refresh(): Promise<void>
}

/** Hooks that an append calls before it writes and after it has written. */
export interface AppendHooks {
  fanOut: FanOut
  rules: RuleMatcher
  committed(events: readonly NewEvent[], appended: readonly Appended[]): void
}

/**
 * The result for one event of an append: its position in the feed and its deliveries, or the id of the first event
 * with the same idempotency key.
 */
export type Appended =
  | { seq: bigint; deliveries: readonly NewDelivery[]; matches: readonly NewMatch[] }
  | { duplicateOf: string }

export type Append = (events: NewEvent[]) => Promise<Appended[]>
