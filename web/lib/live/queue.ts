import { type Taken, WaitingRows } from './waiting-rows.ts'

/** The most often that a list changes under its reader, however much comes. */
const FLUSH_MS = 250
/** Between changes the page is left alone for so many times what the last one took: it stays usable on a slow machine. */
const REST = 3
const LONGEST_REST_MS = 5_000
/** Where it takes longer than this, no more rows are drawn at once than there are in a page. */
const SLOW_MS = 200
const FEW_ROWS = 50
/** A pointer that moved over the rows is on its way to one: it should still be there on arrival. */
const POINTER_MS = 1_500
/** Changes that are kept of a list that is paused. */
const KEPT_CHANGES = 1_000

/** The list that a queue feeds. */
export interface Sink<Node extends { id: string }> {
  /** Puts rows into the list. */
  merge: (taken: Taken<Node>) => void
  /** Shows what became of rows that are in the list. */
  change: (rows: readonly Node[]) => void
  /** More rows changed than could be kept. */
  recover: () => void
  /** Asked at the last moment: what the mood is made of may be behind. */
  mayMerge: () => boolean
}

interface Mood {
  /** The reader is not at the top of the list: rows wait, changes do not. */
  held: boolean
  /** Nothing changes. */
  paused: boolean
  /** The list is being loaded. */
  busy: boolean
}

/** What came for a list, until the list takes it: in batches, and when its reader can bear it. */
export class LiveQueue<Node extends { id: string }> {
  sink: Sink<Node> | null = null
  #waiting: WaitingRows<Node>
  #changed = new Map<string, Node>()
  #changesLost = false
  #mood: Mood = { held: false, paused: false, busy: false }
  #timer: ReturnType<typeof setTimeout> | undefined
  /** How long the last change took, in milliseconds, and before when there is no other. */
  #took = 0
  #restsUntil = 0
  #pointedAt = 0
  #count = 0
  #listeners = new Set<() => void>()

  /** `limit`: rows that are kept while they wait, and so in a list that is fed by them. */
  constructor(limit: number) {
    this.#waiting = new WaitingRows(limit)
  }

  /** Rows that wait until they are asked for; 0 while they need not be. */
  readonly count = (): number => this.#count

  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  has(id: string): boolean {
    return this.#waiting.has(id)
  }

  /** A row that belongs into the list. */
  add(row: Node): void {
    this.#waiting.add(row)
    this.#schedule()
  }

  /** What became of a row that is in the list. */
  change(row: Node): void {
    this.#changed.set(row.id, row)
    if (this.#changed.size > KEPT_CHANGES) {
      this.#changed.clear()
      this.#changesLost = true
    }
    this.#schedule()
  }

  /** A row that waits belongs into the list no longer. */
  drop(id: string): void {
    this.#waiting.delete(id)
    this.#schedule()
  }

  /** Rows older than this one may have come without being told. */
  missedBelow(id: string): void {
    this.#waiting.missedBelow(id)
  }

  /** The pointer is at the rows. */
  readonly point = (): void => {
    this.#pointedAt = Date.now()
  }

  set(mood: Mood): void {
    this.#mood = mood
    // At once: somebody has asked for it.
    this.#flush()
  }

  /** Whether rows may come and go under the reader now. */
  isFree(): boolean {
    const { held, paused, busy } = this.#mood
    return !held && !paused && !busy && this.#settlesIn() <= 0
  }

  /** Forgets what waits: the list is another one, or has just been asked for anew. */
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
      // It may have been found only meanwhile how long the last change took.
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
    // What is drawn because of a change is drawn before the second timer.
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
    const count = held || paused ? this.#waiting.count : 0
    if (count === this.#count) return
    this.#count = count
    for (const listener of this.#listeners) listener()
  }
}
