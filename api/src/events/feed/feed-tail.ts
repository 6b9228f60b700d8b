import type { Log } from '../../kit/log.ts'
import { type CacheLimits, type RowMeasures, TailCache } from './tail-cache.ts'
import { Waiters } from './waiters.ts'

/**
 * The end of an ordered, append-only table. It is read once per process for all followers. A follower consists only of
 * a position. It requests the rows after its position. These come from memory if the position is near the end of the
 * table, otherwise from the database. If there are none, the follower waits. Nothing is queued per follower. If a
 * follower is slow, its position is no longer in memory, and it catches up from the database at its own pace. So it can
 * neither use more memory nor delay others. Without followers nothing is read or cached.
 */
export interface FeedTail<Row> {
  /**
   * The greatest committed position; 0 if the table is empty. If there are followers, it is the last position that was
   * read for them.
   */
  head(): Promise<bigint>
  /**
   * Returns the next rows after `position`, oldest first. Waits until there is at least one. The result is empty only
   * after `signal` was aborted or the feed was closed. If the rows are not in memory, they are read with `read`, which
   * may filter them. Rows from memory are not filtered.
   */
  after(position: bigint, signal: AbortSignal, read?: FeedSource<Row>['read']): Promise<readonly Row[]>
  /** Makes the feed look for new rows now instead of at the next tick. */
  ring(): void
  close(): void
}

export interface FeedSource<Row> extends RowMeasures<Row> {
  head(): Promise<bigint>
  /**
   * Reads rows after `position`, oldest first, but no more than fit in memory. The result is empty only at the end of
   * the table.
   */
  read(position: bigint): Promise<FeedPage<Row>>
}

export interface FeedPage<Row> {
  rows: Row[]
  /** Whether more rows may follow. */
  more: boolean
}

export interface FeedLimits extends CacheLimits {
  /** Interval at which new rows are looked for, because Redis can lose a notification. */
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
   * Reads the rows after the cached ones into the cache. The first call starts at the end of the table, because no
   * follower needs earlier rows from the cache.
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

  /**
   * Looks for new rows. If no follower waits and none has read since the last tick, stops the timer and clears the
   * cache.
   */
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

  /** Waits until the next tick because the database is unavailable. A wake-up or an abort ends the wait early. */
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
        // Between the check of the cache and the start of the wait no other code runs, so no wake-up can be missed.
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
          // The read started after `from` was known and found no rows. So no row between the position and `from`
          // matches.
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
