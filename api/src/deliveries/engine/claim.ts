import type { DeliveryStatus, Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type Batcher, createBatcher } from '../../kit/async/batch.ts'
import { type TraceContext, traceFields } from '../../tracing/trace-context.ts'
import type { StoredEvent } from '../../webhooks/send/build-request.ts'
import type { Heartbeat } from './heartbeat.ts'

/** A delivery that may be due: its id, and its number of attempts when the ticket was created. */
export interface Ticket {
  id: string
  attempts: number
}

/** A delivery whose lease this worker has, with everything that is needed to send it. */
export interface Claimed {
  id: string
  attempts: number
  status: DeliveryStatus
  maxAttempts: number
  webhookId: string
  webhookVersion: number
  /** The webhook had consecutive failures at the time of the claim, so a success must reset them. */
  webhookFailing: boolean
  /** End of the lease by the clock of the database. It also identifies the lease. */
  leaseUntil: Date
  /** End of the lease by the monotonic clock of this process (performance.now()). */
  leaseEnds: number
  /**
   * When the delivery became due, by this process's monotonic clock. For a first attempt this is when the event was
   * appended or the replay was created.
   */
  dueSince: number
  /** The generation of the heartbeat at the time of the claim: see Heartbeat. */
  generation: number
  isProbe: boolean
  event: StoredEvent
  /** The trace context with which the event was published. */
  trace: TraceContext | null
}

interface Row {
  id: string
  attempt_count: number
  status: DeliveryStatus
  max_attempts: number
  webhook_id: string
  webhook_version: number
  webhook_failing: boolean
  lease_until: Date
  lease_ms: number
  event_id: string
  event_tenant_id: string | null
  event_type: string
  event_source: string
  event_severity: Severity
  event_subject: string | null
  event_payload: string
  event_occurred_at: Date
  event_received_at: Date
  event_correlation_id: string | null
  event_causation_id: string | null
  event_trace_parent: string | null
  event_trace_state: string | null
  /** Milliseconds from `next_attempt_at` to the claim, by the clock of the database. */
  due_ms: number
}

/**
 * A lease must last longer than the request by this margin. Otherwise another worker could send the same delivery at
 * the same time.
 */
const LEASE_RESERVE_MS = 1_000

/**
 * Whether the lease lasts until the end of a request that starts at `now` (performance.now()) and takes `timeoutMs`.
 */
export const leaseCovers = ({ leaseEnds }: Claimed, timeoutMs: number, now: number): boolean =>
  leaseEnds >= now + timeoutMs + LEASE_RESERVE_MS

/** The fields that identify a delivery in a log line. */
export const logFields = ({ id, webhookId, event, trace }: Claimed) => ({
  delivery: id,
  webhook: webhookId,
  event: event.id,
  ...traceFields(trace),
})

/** Sorts by id, so that statements of several workers lock rows in the same order, which prevents deadlocks. */
export const inOrder = (tickets: readonly Ticket[]): Ticket[] =>
  [...tickets].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))

/**
 * Claims deliveries. Tickets of several lanes share one statement. Null if another worker has the delivery, if it is
 * final, or if nothing may be sent to its webhook now (the delivery is then parked).
 */
export function createClaims(core: AppContext, heartbeat: Heartbeat): Batcher<Ticket, Claimed | null> {
  return createBatcher<Ticket, Claimed | null>({
    max: 500,
    lanes: 2,
    async run(tickets) {
      const sorted = inOrder(tickets)
      const lease = leaseFrom(heartbeat)
      const rows = await core.db
        .query<Row>(
          'SELECT * FROM claim_deliveries($1::uuid[], $2::int[], $3, $4)',
          [sorted.map((t) => t.id), sorted.map((t) => t.attempts), heartbeat.workerId, core.env.LEASE_MARGIN_MS],
          'claim_deliveries',
        )
        .catch((error: unknown) => {
          core.log.warn({ err: error, deliveries: tickets.length }, 'not claimed; the sweep will find them')
          throw error
        })
      const claimed = new Map(rows.map((row) => [row.id, claimedOf(row, lease, false)]))
      // A ticket that is in the batch twice is claimed once.
      return tickets.map((ticket) => {
        const claim = claimed.get(ticket.id) ?? null
        claimed.delete(ticket.id)
        return claim
      })
    },
  })
}

/**
 * Claims one due delivery as the probe of an open circuit. Null if the circuit allows no probe now or no delivery is
 * due.
 */
export async function claimProbe(core: AppContext, heartbeat: Heartbeat, webhookId: string): Promise<Claimed | null> {
  const lease = leaseFrom(heartbeat)
  const rows = await core.db.query<Row>('SELECT * FROM claim_probe($1, $2, $3)', [
    webhookId,
    heartbeat.workerId,
    core.env.LEASE_MARGIN_MS,
  ])
  return rows[0] ? claimedOf(rows[0], lease, true) : null
}

/**
 * Releases the leases of deliveries that were claimed but not sent. If another worker has claimed a delivery in the
 * meantime, its lease stays.
 */
export async function release(core: AppContext, claimed: readonly Claimed[]): Promise<void> {
  if (claimed.length === 0) return
  await core.db.query(
    `UPDATE deliveries d SET lease_until = NULL, lease_owner = NULL, wake_at = db_now() FROM unnest($1::uuid[], $2::timestamptz[]) AS c(id, lease)
     WHERE d.id = c.id AND d.lease_until = c.lease AND d.completed_at IS NULL`,
    [claimed.map((c) => c.id), claimed.map((c) => c.leaseUntil.toISOString())],
  )
}

/**
 * When a lease starts, by the clock of this process. It is read before the claim statement runs, so that the lease does
 * not end later here than in the database.
 */
const leaseFrom = ({ generation }: Heartbeat) => ({ generation, from: performance.now() })

function claimedOf(row: Row, { generation, from }: ReturnType<typeof leaseFrom>, isProbe: boolean): Claimed {
  return {
    id: row.id,
    attempts: row.attempt_count,
    status: row.status,
    maxAttempts: row.max_attempts,
    webhookId: row.webhook_id,
    webhookVersion: row.webhook_version,
    webhookFailing: row.webhook_failing,
    leaseUntil: row.lease_until,
    leaseEnds: from + row.lease_ms,
    dueSince: from - row.due_ms,
    generation,
    isProbe,
    event: {
      id: row.event_id,
      tenantId: row.event_tenant_id,
      type: row.event_type,
      source: row.event_source,
      severity: row.event_severity,
      subject: row.event_subject,
      payloadText: row.event_payload,
      occurredAt: row.event_occurred_at,
      receivedAt: row.event_received_at,
      correlationId: row.event_correlation_id,
      causationId: row.event_causation_id,
    },
    trace:
      row.event_trace_parent === null
        ? null
        : { traceparent: row.event_trace_parent, tracestate: row.event_trace_state },
  }
}
