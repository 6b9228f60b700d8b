import type { Log } from '../../kit/log.ts'
import { type CacheLimits, type RowMeasures, TailCache } from './tail-cache.ts'
import { Waiters } from './waiters.ts'

/**
 * The tail of an ordered, append-only table, read once per process for all followers. A follower is only a position:
 * it requests the rows after it and gets them from memory near the end of the table, otherwise from the database, and
 * waits if there are none. Nothing is queued per follower: a slow one falls out of the cached range and catches up
 * from the database at its own pace, so it can neither grow the process nor delay others. Without followers nothing
 * is read or cached.
 */
export interface FeedTail<Row> {
  /**
   * The greatest committed position, 0 if the table is empty. While others follow, it is the position that they saw
   * last.
   */
  head(): Promise<bigint>
  /**
   * Returns the next rows after `position`, oldest first, and waits until there is one. The result is empty only
   * after `signal` was aborted or the feed was closed. `read` is the query for a filtered backlog; rows of the cached
   * tail are returned unfiltered.
   */
  after(position: bigint, signal: AbortSignal, read?: FeedSource<Row>['read']): Promise<readonly Row[]>
  /** Checks for new rows now instead of at the next tick. */
  ring(): void
  close(): void
}

export interface FeedSource<Row> extends RowMeasures<Row> {
  head(): Promise<bigint>
  /**
   * Reads rows after `position`, oldest first, at most as many as fit in memory; empty only at the end of the table.
   */
  read(position: bigint): Promise<FeedPage<Row>>
}

export interface FeedPage<Row> {
  rows: Row[]
  /** Whether more rows may follow. */
  more: boolean
}

export interface FeedLimits extends CacheLimits {
  /** Poll interval, for notifications that Redis lost. */
  tickMs: number
}

export function createFeedTail<Row>(source: FeedSource<Row>, limits: FeedLimits, log: Log): FeedTail<Row> {
  const cache = new TailCache(source, limits)
  const waiters = new Waiters()
  let reading: Promise<void> | undefined
  let readAgain = false
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let asked = false

  /**
   * Reads the rows after the cached ones. The first read only determines the end of the table: no follower needs the
   * rows before it.
   */
  const readNew = async () => {
    do {
      readAgain = false
      if (cache.floor === undefined) cache.start(await source.head())
      for (;;) {
        const { rows, more } = await source.read(cache.last)
        if (rows.length > 0) {
          cache.add(rows)
          waiters.wake()
        }
        if (!more) break
      }
    } while (readAgain && !closed)
  }

  const ring = () => {
    if (closed || !timer) return
    if (reading) {
      readAgain = true
      return
    }
    reading = readNew()
      .catch((error: unknown) => log.warn({ err: error }, 'the feed could not be read; retrying at the next tick'))
      .finally(() => {
        reading = undefined
      })
  }

  /** Goes idle if no follower waits and none has read since the last tick. */
  const tick = () => {
    if (asked || waiters.count > 0 || reading) {
      asked = false
      ring()
      return
    }
    clearInterval(timer)
    timer = undefined
    cache.clear()
  }

  /** Pauses while the database is unavailable; a wake-up or an abort ends the pause. */
  const pause = (signal: AbortSignal) => waiters.next(AbortSignal.any([signal, AbortSignal.timeout(limits.tickMs)]))

  return {
    head: async () => (cache.floor === undefined ? source.head() : cache.last),
    ring,
    async after(start, signal, read = source.read) {
      let position = start
      timer ??= setInterval(tick, limits.tickMs).unref()
      asked = true
      if (cache.floor === undefined) ring()
      while (!signal.aborted && !closed) {
        // The wait starts in the same turn of the event loop as the look-up, so no wake-up is missed between them.
        const from = cache.floor
        if (from !== undefined && position >= from) {
          const rows = cache.after(position)
          if (rows.length > 0) return rows
          await waiters.next(signal)
          continue
        }
        try {
          const { rows } = await read(position)
          if (rows.length > 0) return rows
          // The read started after `from` was known and was empty: there are no rows up to `from`.
          if (from !== undefined) position = from
          else {
            await reading
            if (cache.floor === undefined) await pause(signal)
          }
        } catch (error) {
          log.warn({ err: error }, 'a follower could not read its backlog; retrying')
          await pause(signal)
        }
      }
      return []
    },
    close() {
      closed = true
      clearInterval(timer)
      waiters.wake()
    },
  }
}
