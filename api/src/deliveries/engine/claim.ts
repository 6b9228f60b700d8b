import type { DeliveryStatus, Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type Batcher, createBatcher } from '../../kit/batch.ts'

/** A delivery that may be due: its id and the attempts it has made as far as the holder knows. */
export interface Ticket {
  id: string
  attempts: number
}

/** A delivery in this worker's hands until `leaseUntil`, with what is sent. */
export interface Claimed {
  id: string
  attempts: number
  status: DeliveryStatus
  maxAttempts: number
  webhookId: string
  webhookVersion: number
  /** The webhook had failures in a row when this was claimed: a success has to clear them. */
  webhookFailing: boolean
  leaseUntil: number
  isProbe: boolean
  event: {
    id: string
    tenantId: string | null
    type: string
    source: string
    severity: Severity
    subject: string | null
    payloadText: string
    occurredAt: Date
    receivedAt: Date
    correlationId: string | null
    causationId: string | null
  }
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
}

/** By id: statements of several workers lock the rows that they share in one order, and never wait for each other in a ring. */
export const inOrder = (tickets: readonly Ticket[]): Ticket[] =>
  [...tickets].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))

/**
 * Claims by group: what all lanes ask for at the same time goes in one statement. Null: somebody else has it, it is done
 * already, or its webhook is not to be sent to now (it is parked then).
 */
export function createClaims(core: AppContext): Batcher<Ticket, Claimed | null> {
  return createBatcher<Ticket, Claimed | null>({
    max: 500,
    lanes: 2,
    async run(tickets) {
      const sorted = inOrder(tickets)
      const rows = await core.db
        .query<Row>(
          'SELECT * FROM claim_deliveries($1::uuid[], $2::int[], $3, $4)',
          [
            sorted.map((t) => t.id),
            sorted.map((t) => t.attempts),
            new Date(core.clock()).toISOString(),
            core.env.LEASE_MARGIN_MS,
          ],
          'claim_deliveries',
        )
        .catch((error: unknown) => {
          core.log.warn({ err: error, deliveries: tickets.length }, 'not claimed; the sweep will find them')
          throw error
        })
      const claimed = new Map(rows.map((row) => [row.id, claimedOf(row, false)]))
      // The same ticket twice in one batch is claimed once.
      return tickets.map((ticket) => {
        const found = claimed.get(ticket.id) ?? null
        claimed.delete(ticket.id)
        return found
      })
    },
  })
}

/** Claims one due delivery as the probe of an open circuit; null when the circuit allows none now or nothing is due. */
export async function claimProbe(core: AppContext, webhookId: string): Promise<Claimed | null> {
  const rows = await core.db.query<Row>('SELECT * FROM claim_probe($1, $2, $3)', [
    webhookId,
    new Date(core.clock()).toISOString(),
    core.env.LEASE_MARGIN_MS,
  ])
  return rows[0] ? claimedOf(rows[0], true) : null
}

/** Gives deliveries back that were claimed and not sent; one whose lease has gone to another worker is left to it. */
export async function release(core: AppContext, claimed: readonly Claimed[]): Promise<void> {
  if (claimed.length === 0) return
  await core.db.query(
    `UPDATE deliveries d SET lease_until = NULL, wake_at = $3 FROM unnest($1::uuid[], $2::timestamptz[]) AS c(id, lease)
     WHERE d.id = c.id AND d.lease_until = c.lease AND d.completed_at IS NULL`,
    [
      claimed.map((c) => c.id),
      claimed.map((c) => new Date(c.leaseUntil).toISOString()),
      new Date(core.clock()).toISOString(),
    ],
  )
}

/** Leaves tickets that were never claimed to whoever looks next. */
export async function letGo(core: AppContext, tickets: readonly Ticket[]): Promise<void> {
  if (tickets.length === 0) return
  await core.db.query(
    `UPDATE deliveries SET wake_at = $2 WHERE id = ANY ($1::uuid[]) AND lease_until IS NULL AND completed_at IS NULL AND next_attempt_at <= $2`,
    [tickets.map((t) => t.id), new Date(core.clock()).toISOString()],
  )
}

function claimedOf(row: Row, isProbe: boolean): Claimed {
  return {
    id: row.id,
    attempts: row.attempt_count,
    status: row.status,
    maxAttempts: row.max_attempts,
    webhookId: row.webhook_id,
    webhookVersion: row.webhook_version,
    webhookFailing: row.webhook_failing,
    leaseUntil: row.lease_until.getTime(),
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
  }
}
