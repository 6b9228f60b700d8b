import type { NewEvent } from './event-input.ts'

/** A delivery that an append creates together with its event. */
export interface NewDelivery {
  id: string
  webhookId: string
  tenantId: string | null
  targetUrl: string
  maxAttempts: number
}

/** An alert rule that counts an event, and the group it counts it in. */
export interface NewMatch {
  ruleId: string
  version: number
  groupKey: string
}

/** Decides, within an append, which deliveries an event sets off. */
export interface FanOut {
  /** The state that `deliveriesOf` answers from. */
  epoch(): Promise<bigint>
  deliveriesOf(event: Pick<NewEvent, 'tenantId' | 'type' | 'severity' | 'route'>): NewDelivery[]
  /** The epoch was stale: reads the webhooks anew. */
  refresh(): Promise<void>
}

/** Decides, within an append, which alert rules count an event. Its epochs are those of the fan-out. */
export interface RuleMatcher {
  epoch(): Promise<bigint>
  matchesOf(event: NewEvent): readonly NewMatch[]
  refresh(): Promise<void>
}

/** What an append consults before it writes, and tells of what it wrote. */
export interface AppendHooks {
  fanOut: FanOut
  rules: RuleMatcher
  committed(events: readonly NewEvent[], appended: readonly Appended[]): void
}

/** One event of an append: its place in the feed and what it set off, or the id of the first event with its idempotency key. */
export type Appended =
  | { seq: bigint; deliveries: readonly NewDelivery[]; matches: readonly NewMatch[] }
  | { duplicateOf: string }

export type Append = (events: NewEvent[]) => Promise<Appended[]>
