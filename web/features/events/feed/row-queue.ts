import { POINTER_MS } from '@/lib/lists/use-row-hold.ts'
import { type Taken, WaitingRows } from './waiting-rows.ts'

/** The shortest time between two changes of the list, in milliseconds. */
const FLUSH_MS = 250
/**
 * After each change of the list, the next one waits for this multiple of the time that the change took, so that the
 * page stays usable on slow machines.
 */
const REST = 3
const LONGEST_REST_MS = 5_000
/** If a change took longer than this, the next one adds at most FEW_ROWS rows. */
const SLOW_MS = 200
const FEW_ROWS = 50
/** Maximum number of changes stored while the list is paused. */
const KEPT_CHANGES = 1_000

/** The list that receives rows from a queue. */
export interface Sink<Node extends { id: string }> {
  /** Adds rows to the list. */
  merge: (taken: Taken<Node>) => void
  /** Updates rows that are in the list. */
  change: (rows: readonly Node[]) => void
  /** More rows changed than could be stored, so the list must be reloaded. */
  recover: () => void
  /** Whether rows may be merged now. Asked right before a merge, because `held` may be outdated. */
  mayMerge: () => boolean
}

interface Mood {
  /** The user scrolled down or selected rows. New rows wait, but shown rows are updated. */
  held: boolean
  /** The user paused the list. New rows and updates wait. */
  paused: boolean
  /** The list is being loaded. */
  busy: boolean
}

/**
 * A queue of new and changed rows for a list. They are applied in batches. No rows are added while the pointer is over
 * the list.
 */
export class RowQueue<Node extends { id: string }> {
  sink: Sink<Node> | null = null
  #waiting: WaitingRows<Node>
  #changed = new Map<string, Node>()
  #changesLost = false
  #mood: Mood = { held: false, paused: false, busy: false }
  #timer: ReturnType<typeof setTimeout> | undefined
  /** How long the last change took in milliseconds, and the time until which the next change waits. */
  #took = 0
  #restsUntil = 0
  #pointedAt = 0
  #count = 0
  #listeners = new Set<() => void>()

  /** `limit`: maximum number of waiting rows. */
  constructor(limit: number) {
    this.#waiting = new WaitingRows(limit)
  }

  /** Number of rows that wait because of the user: the list is paused or held, or the pointer is over its rows. */
  readonly count = (): number => this.#count

  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  has(id: string): boolean {
    return this.#waiting.has(id)
  }

  /** Adds a new row. */
  add(row: Node): void {
    this.#waiting.add(row)
    this.#schedule()
  }

  /** Updates a row that is in the list. */
  change(row: Node): void {
    this.#changed.set(row.id, row)
    if (this.#changed.size > KEPT_CHANGES) {
      this.#changed.clear()
      this.#changesLost = true
    }
    this.#schedule()
  }

  /** Rows older than the row with this id may be missing. */
  missedBelow(id: string): void {
    this.#waiting.missedBelow(id)
  }

  /** To be called while the pointer is over the rows. */
  readonly point = (): void => {
    this.#pointedAt = Date.now()
  }

  /** Shows the waiting rows because the user asked for them, even if the pointer is over the list. */
  release(): void {
    this.#pointedAt = 0
    this.#mood = { ...this.#mood, held: false }
    this.#flush()
  }

  set(mood: Mood): void {
    this.#mood = mood
    // Changes of the mood take effect at once, because the user caused them.
    this.#flush()
  }

  /** Whether rows may be added and removed now. */
  isFree(): boolean {
    const { held, paused, busy } = this.#mood
    return !held && !paused && !busy && this.#settlesIn() <= 0
  }

  /** Discards waiting rows, because the list was replaced or is being reloaded. */
  clear(): void {
    this.#waiting.clear()
    this.#changed.clear()
    this.#changesLost = false
    this.#tell()
  }

  #settlesIn(): number {
    return this.#pointedAt + POINTER_MS - Date.now()
  }

  #schedule(ms = Math.max(0, this.#restsUntil - Date.now())): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      // The wait may have become longer, because the duration of the last change was measured only after this timer was
      // set.
      if (Date.now() < this.#restsUntil) this.#schedule()
      else this.#flush()
    }, ms)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#rest(Date.now())
    const { held, paused, busy } = this.#mood
    if (this.sink && !paused && !busy) {
      this.#handOutChanges(this.sink)
      if (!held && this.#waiting.count > 0) {
        const settles = this.#settlesIn()
        if (settles > 0) this.#schedule(settles)
        else if (this.sink.mayMerge()) this.sink.merge(this.#waiting.take(this.#took > SLOW_MS ? FEW_ROWS : undefined))
      }
    }
    this.#tell()
  }

  #rest(since: number): void {
    this.#restsUntil = since + FLUSH_MS
    // Two timers: the browser renders the change before the second one fires.
    setTimeout(() =>
      setTimeout(() => {
        this.#took = Date.now() - since
        this.#restsUntil = Math.max(this.#restsUntil, Date.now() + Math.min(LONGEST_REST_MS, REST * this.#took))
      }),
    )
  }

  #handOutChanges(sink: Sink<Node>): void {
    if (this.#changesLost) {
      this.#changesLost = false
      sink.recover()
    }
    if (this.#changed.size === 0) return
    const rows = [...this.#changed.values()]
    this.#changed.clear()
    sink.change(rows)
  }

  #tell(): void {
    const { held, paused } = this.#mood
    const count = held || paused || this.#settlesIn() > 0 ? this.#waiting.count : 0
    if (count === this.#count) return
    this.#count = count
    for (const listener of this.#listeners) listener()
  }
}
