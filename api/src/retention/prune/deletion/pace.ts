import { setTimeout as sleep } from 'node:timers/promises'
import type { SqlClient } from '../../archive/read-day.ts'

/** The desired duration of a batch in milliseconds. Others wait at most this long for the rows that the batch locks. */
const TARGET_MS = 100
const FEWEST = 250
const MOST = 10_000
const LONGEST_PAUSE_MS = 250

/** The batch size of a run, and the pauses between batches. */
export interface Pace {
  limit(): number
  /**
   * Called after a batch that took `tookMs` and deleted `count` rows (default: a full batch). If the database is busy,
   * pauses for as long as the batch took. The batch size is adapted unless the batch was less than half full.
   */
  next(tookMs: number, count?: number): Promise<void>
}

export function createPace(client: SqlClient, signal: AbortSignal): Pace {
  let limit = 2_000
  return {
    limit: () => limit,
    async next(tookMs, count = limit) {
      if (count >= limit / 2)
        limit = Math.round(Math.min(MOST, Math.max(FEWEST, limit * Math.min(2, TARGET_MS / Math.max(1, tookMs)))))
      const { rows } = await client.query<{ busy: boolean }>(
        `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
           AND backend_type = 'client backend' AND pid <> pg_backend_pid()) AS busy`,
      )
      if (rows[0]?.busy) await sleep(Math.min(LONGEST_PAUSE_MS, tookMs), undefined, { signal })
    },
  }
}
