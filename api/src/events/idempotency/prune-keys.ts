import type { AppContext } from '../../app-context.ts'

/** How long an idempotency key is remembered; append_events() has the same window. */
const WINDOW = '24 hours'

/** Deletes the idempotency keys that no publish is compared with any more. */
export async function pruneIdempotencyKeys(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM idempotency_keys WHERE created_at < now() - $1::interval', [WINDOW])
}
