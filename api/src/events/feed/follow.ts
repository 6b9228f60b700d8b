import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { AppError, badInput } from '../../kit/errors.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { type EventFilter, type EventQuery, eventQuery, eventWhere } from '../read/event-filter.ts'
import { decodeFeedCursor, encodeFeedCursor } from './cursor.ts'
import type { EventFeed, FeedRow } from './event-feed.ts'
import { createEventMatcher } from './match.ts'

/**
 * Streams the events that match a filter and are visible to an identity, each once, in feed order, as they are
 * committed. With `after`, events stored since that cursor come first; without it, the stream starts now. It ends
 * when the consumer returns the iterator, even during a wait. A slow consumer delays no other and holds at most one
 * page of rows in memory.
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

/** Null if no event can match. */
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
    // Runs on the follower's own connection budget, not on the feed's.
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

/** The visible types can change during the stream. */
async function current({ query, visible }: NonNullable<Wanted>): Promise<EventQuery> {
  if (query.scope === 'all' || query.scope.system.length === 0) return query
  return { ...query, scope: { ...query.scope, system: await visible() } }
}

/**
 * The position from which a follower continues. Retention differs by tenant, so the pruned positions are recorded per
 * tenant: a cursor is expired if events after it that the follower may see are gone. The error carries the oldest
 * cursor that is still complete (`extensions.oldestCursor`). A cursor ahead of the feed comes from a database that
 * has since been replaced.
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

/** Keys of feed_horizons; '' stands for system events. */
const tenantsOf = ({ tenantId, system }: Exclude<EventQuery['scope'], 'all'>) => [
  tenantId,
  ...(system.length > 0 ? [''] : []),
]
