import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { AppError, badInput } from '../../kit/errors.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { type EventFilter, type EventQuery, eventQuery, eventWhere } from '../read/event-filter.ts'
import { decodeFeedCursor, encodeFeedCursor } from './cursor.ts'
import type { EventFeed, FeedRow } from './event-feed.ts'
import { createEventMatcher } from './match.ts'

/**
 * Streams the events that match a filter and that an identity may see. Each event comes once, in the order of the feed,
 * as soon as it is committed. With `after`, the stream starts with the events stored since that cursor; without it, the
 * stream starts now. The stream ends when the consumer calls return() on the iterator, even while it waits. A slow
 * consumer does not delay others, and at most one page of its rows is in memory.
 *
 * Throws BAD_USER_INPUT for an invalid filter or cursor, and CURSOR_EXPIRED if events after the cursor may have been
 * pruned.
 */
export async function followEvents(
  { core, catalogue, feed }: { core: AppContext; catalogue: Catalogue; feed: EventFeed },
  identity: Identity,
  filter: EventFilter | null | undefined,
  after: string | null | undefined,
): Promise<AsyncIterableIterator<FeedRow>> {
  const visible = async () => (identity.tenantId === null ? [] : catalogue.visibleTypes())
  const query = eventQuery(identity, filter, await visible(), core.clock())
  const start = after == null ? await feed.head() : await resumeAt(core, query, decodeFeedCursor(core, after, 'after'))
  const wanted = query && { query, matches: createEventMatcher(query, filter), visible }
  return iterate({ feed, db: core.db }, start, wanted)
}

/** The query of the stream. Null if no event can match. */
type Wanted = {
  query: EventQuery
  matches: ReturnType<typeof createEventMatcher>
  visible: () => Promise<readonly string[]>
} | null

function iterate(
  { feed, db }: { feed: EventFeed; db: AppContext['db'] },
  start: bigint,
  wanted: Wanted,
): AsyncIterableIterator<FeedRow> {
  const abort = new AbortController()
  let position = start
  let rows: readonly FeedRow[] = []
  let at = 0

  const backlog = async (from: bigint) => {
    if (!wanted) return { rows: [], more: false }
    const values: unknown[] = []
    const conditions = eventWhere(await current(wanted), values)
    // Uses the connection pool of the process, so that the feed's own connection stays free.
    return feed.read(from, conditions, values, db)
  }
  const following: AsyncIterableIterator<FeedRow> = {
    async next() {
      for (;;) {
        const row = rows[at++]
        if (row) return { done: false, value: row }
        const page = await feed.after(position, abort.signal, backlog)
        const last = page.at(-1)
        if (!last) return { done: true, value: undefined }
        position = last.seq
        const visible = wanted ? await wanted.visible() : []
        rows = wanted ? page.filter((event) => wanted.matches(event, visible)) : []
        at = 0
      }
    },
    async return() {
      abort.abort()
      rows = []
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => following,
  }
  return following
}

/** The query with the types that are tenant-visible now, because they can change while the stream is open. */
async function current({ query, visible }: NonNullable<Wanted>): Promise<EventQuery> {
  if (query.scope === 'all' || query.scope.system.length === 0) return query
  return { ...query, scope: { ...query.scope, system: await visible() } }
}

/**
 * Checks a cursor and returns the position from which the follower continues. Retention differs by tenant, so the last
 * pruned position is stored per tenant. A cursor has expired if events after it that the follower may see have been
 * pruned. The error contains the oldest cursor from which no event is missing (`extensions.oldestCursor`). A cursor
 * ahead of the feed comes from a database that has been replaced since.
 */
async function resumeAt(core: AppContext, query: EventQuery | null, position: bigint): Promise<bigint> {
  const [row] = await core.db.query<{ oldest: string | null; newest: string; pruned: string }>(
    `SELECT (SELECT min(seq) FROM events) AS oldest,
       (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_seq) AS newest,
       (SELECT coalesce(max(seq), 0) FROM feed_horizons WHERE $1::text[] IS NULL OR tenant_id = ANY($1::text[])) AS pruned`,
    [query === null || query.scope === 'all' ? null : tenantsOf(query.scope)],
  )
  const newest = BigInt(row?.newest ?? 0)
  if (position > newest)
    throw badInput('after', 'is ahead of the feed; expected the cursor of an event of this installation')
  const missing = (row?.oldest == null ? newest + 1n : BigInt(row.oldest)) - 1n
  const pruned = BigInt(row?.pruned ?? 0)
  const oldest = pruned > missing ? pruned : missing
  if (position < oldest)
    throw new AppError(
      'CURSOR_EXPIRED',
      'after: events after this cursor have been pruned; continue from `oldestCursor` or subscribe without `after`',
      { oldestCursor: encodeFeedCursor(core, oldest) },
    )
  return position
}

/** Keys of feed_horizons. The key of system events is ''. */
const tenantsOf = ({ tenantId, system }: Exclude<EventQuery['scope'], 'all'>) => [
  tenantId,
  ...(system.length > 0 ? [''] : []),
]
