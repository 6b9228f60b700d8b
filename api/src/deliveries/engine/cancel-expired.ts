import type { AppContext } from '../../app-context.ts'
import { deliveriesChanged } from '../live/changes.ts'

/** Maximum number of deliveries that one statement cancels. It is repeated until none is left. */
const BATCH = 1_000

/**
 * Cancels open deliveries whose event has expired (expiresAt). A delivery that is being sent is cancelled only after
 * its attempt has ended. In the meantime no worker claims an expired delivery.
 */
export async function cancelExpired(core: AppContext): Promise<void> {
  for (;;) {
    const rows = await core.db.query<{ id: string }>(
      `WITH expired AS (
         SELECT d.id FROM deliveries d
         WHERE d.expires_at IS NOT NULL AND d.completed_at IS NULL AND d.expires_at <= db_now()
           AND (d.lease_until IS NULL OR d.lease_until < db_now())
         ORDER BY d.expires_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
       )
       UPDATE deliveries d SET status = 'CANCELLED', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL,
         last_error = coalesce(d.last_error || '; ', '') || 'given up: its event has expired'
       FROM expired e WHERE d.id = e.id RETURNING d.id`,
      [],
      'cancel_expired',
    )
    deliveriesChanged(
      core.pubsub,
      rows.map(({ id }) => id),
    )
    if (rows.length < BATCH) return
  }
}
