import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { AppError, badInput } from '../../kit/errors.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { type EventFilter, type EventQuery, eventQuery, eventWhere } from '../read/event-filter.ts'
import { decodeFeedCursor, encodeFeedCursor } from './cursor.ts'
import type { EventFeed, FeedRow } from './event-feed.ts'
import { createEventMatcher } from './match.ts'

/**
 * The events that a filter leaves of what an identity may see, as they are committed: each once, in the order of the feed.
 * With `after`, all since that position, first those that are in the database already; without, from now on. Ends when
 * its consumer returns it, whatever it waits for at that moment. A consumer that is slow delays nobody, and costs no more
 * memory than one page of rows.
 *
 * Throws BAD_USER_INPUT for a wrong filter or cursor, and CURSOR_EXPIRED when events after the cursor may have been pruned.
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

/** Null: nothing can match. */
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
    // Among the statements of who follows, not among the feed's own.
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

/** What every tenant may see of the system's events can change while somebody follows. */
async function current({ query, visible }: NonNullable<Wanted>): Promise<EventQuery> {
  if (query.scope === 'all' || query.scope.system.length === 0) return query
  return { ...query, scope: { ...query.scope, system: await visible() } }
}

/**
 * Where a follower goes on. Tenants keep their events for different times, so what was pruned is known by tenant: a cursor is expired when
 * events after it, of those that the follower may see, are gone. The error has the oldest cursor after which everything is there
 * (`extensions.oldestCursor`). A cursor ahead of the feed comes from a database that has been replaced since.
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
    throw badInput('after', 'is ahead of the feed; takes the cursor of an event that this installation has')
  const missing = (row?.oldest == null ? newest + 1n : BigInt(row.oldest)) - 1n
  const pruned = BigInt(row?.pruned ?? 0)
  const oldest = pruned > missing ? pruned : missing
  if (position < oldest)
    throw new AppError(
      'CURSOR_EXPIRED',
      'after: events after this cursor have been pruned; go on from `oldestCursor`, or subscribe without `after`',
      { oldestCursor: encodeFeedCursor(core, oldest) },
    )
  return position
}

/** As feed_horizons names them: '' stands for the system's events. */
const tenantsOf = ({ tenantId, system }: Exclude<EventQuery['scope'], 'all'>) => [
  tenantId,
  ...(system.length > 0 ? [''] : []),
]
