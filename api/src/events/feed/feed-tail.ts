import type { Log } from '../../kit/log.ts'

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

export interface FeedSource<Row> {
  head(): Promise<bigint>
  /**
   * Reads rows after `position`, oldest first, at most as many as fit in memory; empty only at the end of the table.
   */
  read(position: bigint): Promise<FeedPage<Row>>
  positionOf(row: Row): bigint
  /** Approximate memory of a row in bytes. */
  sizeOf(row: Row): number
}

export interface FeedPage<Row> {
  rows: Row[]
  /** Whether more rows may follow. */
  more: boolean
}

export interface FeedLimits {
  /** Maximum number of rows per read from memory. */
  batch: number
  /** Maximum bytes of cached rows. */
  memoryBytes: number
  /** Poll interval, for notifications that Redis lost. */
  tickMs: number
}

export function createFeedTail<Row>(source: FeedSource<Row>, limits: FeedLimits, log: Log): FeedTail<Row> {
  /** The cached newest rows, oldest first: all rows after `floor` up to `last`, without a gap. */
  let kept: Row[] = []
  let keptBytes = 0
  /** Undefined while the feed is idle. */
  let floor: bigint | undefined
  let last = 0n
  let looking: Promise<void> | undefined
  let lookAgain = false
  let closed = false
  let waiting = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let asked = false

  const wake = () => {
    const woken = waiting
    waiting = new Set()
    for (const go of woken) go()
  }

  const keep = (rows: Row[]) => {
    kept.push(...rows)
    for (const row of rows) keptBytes += source.sizeOf(row)
    last = source.positionOf(rows.at(-1)!)
    let drop = 0
    while (keptBytes > limits.memoryBytes && drop < kept.length - 1) keptBytes -= source.sizeOf(kept[drop++]!)
    if (drop === 0) return
    floor = source.positionOf(kept[drop - 1]!)
    kept = kept.slice(drop)
  }

  /**
   * Reads the rows after the cached ones. The first read only determines the end of the table: no follower needs the
   * rows before it.
   */
  const look = async () => {
    do {
      lookAgain = false
      if (floor === undefined) {
        last = await source.head()
        floor = last
      }
      for (;;) {
        const { rows, more } = await source.read(last)
        if (rows.length > 0) {
          keep(rows)
          wake()
        }
        if (!more) break
      }
    } while (lookAgain && !closed)
  }

  const ring = () => {
    if (closed || !timer) return
    if (looking) {
      lookAgain = true
      return
    }
    looking = look()
      .catch((error: unknown) => log.warn({ err: error }, 'the feed could not be read; retrying at the next tick'))
      .finally(() => {
        looking = undefined
      })
  }

  /** Goes idle if no follower waits and none has read since the last tick. */
  const tick = () => {
    if (asked || waiting.size > 0 || looking) {
      asked = false
      ring()
      return
    }
    clearInterval(timer)
    timer = undefined
    floor = undefined
    kept = []
    keptBytes = 0
  }

  /** Cached rows after a position, which must not be before `floor`. */
  const fromMemory = (position: bigint): readonly Row[] => {
    // Binary search: positions are ordered but may have gaps.
    let low = 0
    let high = kept.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (source.positionOf(kept[middle]!) <= position) low = middle + 1
      else high = middle
    }
    return kept.slice(low, low + limits.batch)
  }

  const next = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const done = () => {
        waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      waiting.add(done)
      signal.addEventListener('abort', done)
    })

  /** Pauses while the database is unavailable; a wake-up or an abort ends the pause. */
  const pause = (signal: AbortSignal) => {
    const moment = AbortSignal.timeout(limits.tickMs)
    return next(AbortSignal.any([signal, moment]))
  }

  return {
    head: async () => (floor === undefined ? source.head() : last),
    ring,
    async after(start, signal, read = source.read) {
      let position = start
      timer ??= setInterval(tick, limits.tickMs).unref()
      asked = true
      if (floor === undefined) ring()
      while (!signal.aborted && !closed) {
        // The wait starts in the same turn of the event loop as the look-up, so no wake-up is missed between them.
        const from = floor
        if (from !== undefined && position >= from) {
          const rows = fromMemory(position)
          if (rows.length > 0) return rows
          await next(signal)
          continue
        }
        try {
          const { rows } = await read(position)
          if (rows.length > 0) return rows
          // The read started after `from` was known and was empty: there are no rows up to `from`.
          if (from !== undefined) position = from
          else {
            await looking
            if (floor === undefined) await pause(signal)
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
      wake()
    },
  }
}
