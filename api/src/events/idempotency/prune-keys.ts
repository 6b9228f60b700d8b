import type { AppContext } from '../../app-context.ts'

/**
 * Deletes idempotency keys that are older than idempotency_window(). append_events() looks for duplicates only within
 * this window.
 */
export async function pruneIdempotencyKeys(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM idempotency_keys WHERE created_at < now() - idempotency_window()')
}
