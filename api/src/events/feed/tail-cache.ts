export interface RowMeasures<Row> {
  positionOf(row: Row): bigint
  /** Estimated memory of a row in bytes. */
  sizeOf(row: Row): number
}

export interface CacheLimits {
  /** Maximum number of rows that one call returns from memory. */
  batch: number
  /** Maximum number of bytes of all cached rows. */
  memoryBytes: number
}

/** The newest rows of an ordered table, without gaps, up to a number of bytes. */
export class TailCache<Row> {
  /** The cache contains all rows after `floor` up to `last`. Undefined before `start` and after `clear`. */
  floor: bigint | undefined
  /** The position of the newest row. */
  last = 0n
  private readonly source: RowMeasures<Row>
  private readonly limits: CacheLimits
  /** Oldest first. */
  private rows: Row[] = []
  private bytes = 0

  constructor(source: RowMeasures<Row>, limits: CacheLimits) {
    this.source = source
    this.limits = limits
  }

  /** Starts to cache the rows after `position`, which come with `add`. */
  start(position: bigint): void {
    this.last = position
    this.floor = position
  }

  /**
   * Adds the rows that follow the last cached one. If the limit is exceeded, the oldest rows are dropped, but at least
   * one stays.
   */
  add(rows: readonly Row[]): void {
    this.rows.push(...rows)
    for (const row of rows) this.bytes += this.source.sizeOf(row)
    this.last = this.source.positionOf(rows.at(-1)!)
    let drop = 0
    while (this.bytes > this.limits.memoryBytes && drop < this.rows.length - 1)
      this.bytes -= this.source.sizeOf(this.rows[drop++]!)
    if (drop === 0) return
    this.floor = this.source.positionOf(this.rows[drop - 1]!)
    this.rows = this.rows.slice(drop)
  }

  /** The rows after a position, oldest first, at most `limits.batch`. The position must not be before `floor`. */
  after(position: bigint): readonly Row[] {
    // Binary search. Positions are ordered but may have gaps.
    let low = 0
    let high = this.rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.source.positionOf(this.rows[middle]!) <= position) low = middle + 1
      else high = middle
    }
    return this.rows.slice(low, low + this.limits.batch)
  }

  clear(): void {
    this.floor = undefined
    this.rows = []
    this.bytes = 0
  }
}
