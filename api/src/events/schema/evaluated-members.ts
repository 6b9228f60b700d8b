/** The members of a value that subschemas have evaluated. */
export class EvaluatedMembers {
  readonly keys = new Set<string>()
  /** All items before this index have been evaluated. */
  items = 0
  /** Indexes of other items that have been evaluated. */
  readonly some = new Set<number>()

  add(other: EvaluatedMembers | null): void {
    if (!other) return
    for (const key of other.keys) this.keys.add(key)
    for (const item of other.some) this.some.add(item)
    this.items = Math.max(this.items, other.items)
  }
}
