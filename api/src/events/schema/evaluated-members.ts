/** What subschemas have evaluated of one value. */
export class EvaluatedMembers {
  readonly keys = new Set<string>()
  /** All items before this one, */
  items = 0
  /** and these. */
  readonly some = new Set<number>()

  add(other: EvaluatedMembers | null): void {
    if (!other) return
    for (const key of other.keys) this.keys.add(key)
    for (const item of other.some) this.some.add(item)
    this.items = Math.max(this.items, other.items)
  }
}
