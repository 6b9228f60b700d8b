import type { AppContext } from '../../app-context.ts'

/** Deletes idempotency keys that are older than append_events() looks for; idempotency_window() is the one constant of both. */
export async function pruneIdempotencyKeys(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM idempotency_keys WHERE created_at < now() - idempotency_window()')
}
