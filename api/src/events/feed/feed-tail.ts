import type { Log } from '../../kit/log.ts'

/**
 * The tail of an ordered, append-only table, read once per process however many follow it. A follower is only a position:
 * it asks for what comes after, gets it from memory when it is near the end and from the database when it is not, and waits
 * when there is nothing yet. So nothing is queued for anybody: one that is slow falls behind, out of the memory's reach, and
 * catches up from the database at its own pace, and none can make the process grow or delay another. While nobody follows,
 * nothing is read or kept.
 */
export interface FeedTail<Row> {
  /** The greatest position that is committed, 0 of an empty table; while others follow, as they last saw it. */
  head(): Promise<bigint>
  /**
   * The next rows after `position`, oldest first; waits until there is one. Empty only when `signal` was aborted or the feed
   * is closed. `read` is what a follower reads its backlog with when it does not want all rows; those of the tail it gets
   * whether it wants them or not.
   */
  after(position: bigint, signal: AbortSignal, read?: FeedSource<Row>['read']): Promise<readonly Row[]>
  /** New rows may be there: looks now instead of at the next tick. */
  ring(): void
  close(): void
}

export interface FeedSource<Row> {
  head(): Promise<bigint>
  /** Rows after `position`, oldest first, as many as are sensible to have in memory at once; none at the end alone. */
  read(position: bigint): Promise<FeedPage<Row>>
  positionOf(row: Row): bigint
  /** Roughly the memory that a row takes, in bytes. */
  sizeOf(row: Row): number
}

export interface FeedPage<Row> {
  rows: Row[]
  /** Whether there were more to read. */
  more: boolean
}

export interface FeedLimits {
  /** Rows that a follower gets at once from memory. */
  batch: number
  /** What the newest rows kept in memory may take together. */
  memoryBytes: number
  /** For a doorbell that Redis lost. */
  tickMs: number
}

export function createFeedTail<Row>(source: FeedSource<Row>, limits: FeedLimits, log: Log): FeedTail<Row> {
  /** The newest rows, oldest first, without a gap: all there are after `floor`, up to `last`. */
  let kept: Row[] = []
  let keptBytes = 0
  /** Undefined while the feed sleeps. */
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

  /** Reads on from where the memory ends. The first look only finds out where that is: nobody follows what lies before. */
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
      .catch((error: unknown) => log.warn({ err: error }, 'the feed could not be read; the next tick tries again'))
      .finally(() => {
        looking = undefined
      })
  }

  /** Sleeps when nobody asked since the last tick and nobody waits. */
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

  /** What the memory has after a position that is not before its floor. */
  const fromMemory = (position: bigint): readonly Row[] => {
    // By halves: positions are ordered, but they may have gaps.
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

  /** A moment for a database that is away to come back; a wake or an abort ends it sooner. */
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
        // The wait begins in the same turn as the look into the memory: no wake falls between them.
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
          // Read after `from` was known, and empty: there is nothing up to there.
          if (from !== undefined) position = from
          else {
            await looking
            if (floor === undefined) await pause(signal)
          }
        } catch (error) {
          log.warn({ err: error }, 'a follower could not read its backlog; it tries again')
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
