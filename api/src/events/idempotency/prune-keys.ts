import type { AppContext } from '../../app-context.ts'

/**
 * Deletes idempotency keys older than idempotency_window(), the window within which append_events() checks for
 * duplicates.
 */
export async function pruneIdempotencyKeys(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM idempotency_keys WHERE created_at < now() - idempotency_window()')
}
