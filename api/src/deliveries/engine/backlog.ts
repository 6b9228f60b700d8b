import type { HoldReason } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { inOrder, type Ticket } from './claim.ts'

/**
 * Parked deliveries are open, due or not, and in nobody's memory: no sweep looks at them (wake_at null). They wait for their
 * webhook's lane to have room again, or for the webhook to be sent to again, and are then drained oldest first.
 */
export async function addToBacklog(
  core: AppContext,
  tickets: readonly Ticket[],
  reason: Extract<HoldReason, 'RATE_LIMITED' | 'CONCURRENCY_LIMITED'>,
): Promise<void> {
  const sorted = inOrder(tickets)
  await core.db.query('SELECT park_deliveries($1::uuid[], $2::int[], $3, $4)', [
    sorted.map((t) => t.id),
    sorted.map((t) => t.attempts),
    reason,
    new Date(core.clock()).toISOString(),
  ])
}

/** Takes the next parked deliveries of a webhook; they are the caller's until `until`. */
export async function takeFromBacklog(
  core: AppContext,
  webhookId: string,
  now: Date,
  until: Date,
  limit: number,
): Promise<Ticket[]> {
  const rows = await core.db.query<{ id: string; attempt_count: number }>(
    'SELECT id, attempt_count FROM take_parked($1, $2, $3, $4)',
    [webhookId, now.toISOString(), until.toISOString(), limit],
  )
  return rows.map((row) => ({ id: row.id, attempts: row.attempt_count }))
}
