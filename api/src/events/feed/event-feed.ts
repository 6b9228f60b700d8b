import type { AppContext } from '../../app-context.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { EVENT_COLUMNS, type EventRow, eventRow, type StoredEvent } from '../event-row.ts'
import { createFeedTail, type FeedPage, type FeedTail } from './feed-tail.ts'

/** A row of the feed, and the length of its payload text in bytes. */
export type FeedRow = EventRow & { bytes: number }

/** All events in commit order, for the followers of this process. */
export interface EventFeed extends FeedTail<FeedRow> {
  /**
   * Reads rows after a position that match `conditions` on `events e`. The parameters in `values` start at `$1`. If
   * `db` is omitted, the feed's own connection is used.
   */
  read(
    position: bigint,
    conditions?: string,
    values?: readonly unknown[],
    db?: Pick<AppContext['db'], 'query'>,
  ): Promise<FeedPage<FeedRow>>
}

const PAGE_ROWS = 500
const PAGE_BYTES = 1024 * 1024
/**
 * Estimated memory of a row. A parsed payload needs several times the memory of its text, and each row has overhead.
 */
const memoryOf = (row: FeedRow) => 1_000 + 3 * row.bytes
const LIMITS = { batch: 200, memoryBytes: 32 * 1024 * 1024, tickMs: 1_000 }

export function createEventFeed(core: AppContext): EventFeed {
  const read: EventFeed['read'] = async (position, conditions = 'true', values = [], db = core.db) => {
    const after = `$${values.length + 1}::bigint`
    // The number of bytes per read is limited, so that many large payloads do not fill the memory. At least one row is
    // always returned.
    const rows = await db.query<StoredEvent & { bytes: number }>(
      `SELECT ${EVENT_COLUMNS}, e.bytes FROM (
         SELECT e.*, octet_length(e.payload::text) AS bytes,
           sum(octet_length(e.payload::text)) OVER (ORDER BY e.seq) AS total
         FROM events e WHERE e.seq > ${after} AND (${conditions}) ORDER BY e.seq LIMIT ${PAGE_ROWS}
       ) e WHERE e.total - e.bytes < ${PAGE_BYTES} ORDER BY e.seq`,
      [...values, position.toString()],
    )
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
    return {
      rows: rows.map(eventRow),
      more: rows.length === PAGE_ROWS || bytes >= PAGE_BYTES,
    }
  }
  const feed = createFeedTail<FeedRow>(
    {
      async head() {
        const [row] = await core.db.query<{ head: string | null }>('SELECT max(seq) AS head FROM events')
        return BigInt(row?.head ?? 0)
      },
      read: (position) => read(position),
      positionOf: ({ seq }) => seq,
      sizeOf: memoryOf,
    },
    LIMITS,
    core.log,
  )
  const unsubscribe = core.pubsub.subscribe(CHANNELS.feed, () => feed.ring())
  return {
    ...feed,
    read,
    close() {
      unsubscribe()
      feed.close()
    },
  }
}
