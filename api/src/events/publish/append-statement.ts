import { databaseNow } from '../../db/database-clock.ts'
import type { NewDelivery, NewMatch } from './append-hooks.ts'
import type { NewEvent } from './event-input.ts'

export interface Statement {
  name: string
  text: string
  values: unknown[]
}

export interface AppendRow {
  stale: boolean
  first_seq: string | null
  /**
   * For each event whose idempotency key was used before: its position in the batch (from 1), and the id of the first
   * event.
   */
  duplicates: Record<string, string> | null
}

const APPEND = `SELECT stale, first_seq, duplicates FROM append_events(
  $1, $2::uuid[], $3::text[], $4::text[], $5::text[], $6::"Severity"[], $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[],
  $11::"ActorKind"[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
  $18::uuid[], $19::int[], $20::uuid[], $21::text[], $22::text[], $23::int[], $24, $25::timestamptz[], $26::text[], $27::text[])`

/** Maximum number of event ids per match row. They are examples for operators. */
const MATCHED_IDS = 20

/** Appends events and stores their matches with one row per rule, group and tenant. */
const APPEND_MATCHED = `WITH appended AS MATERIALIZED (${APPEND}), matched AS (
    INSERT INTO alert_matches (rule_id, version, group_key, at, seq, tenant_id, event_ids, count)
    SELECT m.rule_id, m.version, m.group_key, ${databaseNow('$32')}, a.first_seq, coalesce(($3::text[])[m.event], ''),
      (array_agg(($2::uuid[])[m.event] ORDER BY m.event DESC))[1:${MATCHED_IDS}], count(*)
    FROM appended a, unnest($28::int[], $29::uuid[], $30::int[], $31::text[]) AS m(event, rule_id, version, group_key)
    WHERE NOT a.stale AND (a.duplicates IS NULL OR NOT a.duplicates ? m.event::text)
    GROUP BY 1, 2, 3, 5, 6
  ) SELECT stale, first_seq, duplicates FROM appended`

/**
 * The statement that stores events, their deliveries and their matches. It is one statement, so all of them are stored
 * in one transaction. `deliveries` and `matches` are in the order of `events`.
 */
export function appendStatement(
  epoch: bigint,
  events: readonly NewEvent[],
  deliveries: readonly (readonly NewDelivery[])[],
  matches: readonly (readonly NewMatch[])[],
  times: { graceMs: number; clockShift: number },
): Statement {
  const values = appendValues(epoch, events, deliveries, times.graceMs)
  const matched = matches.flatMap((list, i) => list.map((match) => ({ ...match, event: i + 1 })))
  if (matched.length === 0) return { name: 'append_events', text: APPEND, values }
  values.push(
    matched.map(({ event }) => event),
    matched.map(({ ruleId }) => ruleId),
    matched.map(({ version }) => version),
    matched.map(({ groupKey }) => groupKey),
    times.clockShift,
  )
  return { name: 'append_events_matched', text: APPEND_MATCHED, values }
}

function appendValues(
  epoch: bigint,
  events: readonly NewEvent[],
  deliveries: readonly (readonly NewDelivery[])[],
  graceMs: number,
): unknown[] {
  const column = <T>(pick: (event: NewEvent) => T) => events.map(pick)
  const ids: string[] = []
  const eventNumbers: number[] = []
  const webhooks: string[] = []
  const tenants: (string | null)[] = []
  const urls: string[] = []
  const max: number[] = []
  for (let i = 0; i < deliveries.length; i++) {
    for (const delivery of deliveries[i]!) {
      ids.push(delivery.id)
      eventNumbers.push(i + 1)
      webhooks.push(delivery.webhookId)
      tenants.push(delivery.tenantId)
      urls.push(delivery.targetUrl)
      max.push(delivery.maxAttempts)
    }
  }
  return [
    epoch.toString(),
    column((e) => e.id),
    column((e) => e.tenantId),
    column((e) => e.type),
    column((e) => e.source),
    column((e) => e.severity),
    column((e) => e.subject),
    column((e) => e.payload.text),
    column((e) => e.occurredAt.toISOString()),
    column((e) => e.receivedAt.toISOString()),
    column((e) => e.publishedByKind),
    column((e) => e.publishedById),
    column((e) => e.publishedByName),
    column((e) => e.clientIp),
    column((e) => e.correlationId),
    column((e) => e.causationId),
    events.some((e) => e.idempotencyKey !== null) ? column((e) => e.idempotencyKey) : null,
    ids,
    eventNumbers,
    webhooks,
    tenants,
    urls,
    max,
    graceMs,
    events.some((e) => e.expiresAt !== null) ? column((e) => e.expiresAt?.toISOString() ?? null) : null,
    events.some((e) => e.traceParent !== null) ? column((e) => e.traceParent) : null,
    events.some((e) => e.traceState !== null) ? column((e) => e.traceState) : null,
  ]
}
