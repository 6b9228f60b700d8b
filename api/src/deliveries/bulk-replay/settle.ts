import type { AppContext } from '../../app-context.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { deliveriesChanged } from '../live/changes.ts'
import { collect, counted } from './collect.ts'
import { lockBulkReplay, planByKeys, saveBulkReplay } from './rows.ts'

/** Maximum number of bulk replays per round. */
const ROUND = 50
/** All retries end within a delivery's time to live. This many hours are added as a margin. */
const SLACK_HOURS = 24

/**
 * Updates the counts of finished bulk replays until all their replays are final. When a bulk replay finishes, some of
 * its replays may still be in flight or may be retried later.
 */
export async function settleFinished(core: AppContext): Promise<void> {
  const rows = await core.db.query<{ id: string }>(
    `SELECT b.id FROM bulk_replays b WHERE b.finished_at > db_now() - make_interval(hours => $1)
       AND EXISTS (SELECT FROM bulk_replay_items i WHERE i.bulk_replay_id = b.id AND i.state IN ('SENT', 'RETRYING'))
     ORDER BY b.id DESC LIMIT ${ROUND}`,
    [core.env.DELIVERY_TTL_HOURS + SLACK_HOURS],
  )
  for (const { id } of rows) {
    const recoveredIds = await core.db.transaction(async (client) => {
      await planByKeys(client)
      const row = await lockBulkReplay(client, id)
      if (!row) return null
      const { changes, recoveredIds } = await collect(client, row, ['SENT', 'RETRYING'])
      if (changes.length === 0) return null
      await saveBulkReplay(client, counted(row, changes))
      return recoveredIds
    })
    if (!recoveredIds) continue
    deliveriesChanged(core.pubsub, recoveredIds)
    void core.pubsub.publish(CHANNELS.bulkReplays, id)
  }
}
