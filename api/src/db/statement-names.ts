import { createHash } from 'node:crypto'

/**
 * Names for statements that are worth preparing. PostgreSQL plans an unnamed statement at each execution. With a
 * partition for each day, planning takes longer than running a statement that reads ranges of indexes: 20 to 30 ms with
 * 30 partitions.
 *
 * A prepared statement occupies memory in each connection (about 0.4 MB with 30 partitions). So a statement gets a name
 * only after it has been used `after` times, and at most `max` statements get one.
 */
export function createStatementNames({
  prefix,
  after,
  max,
}: {
  prefix: string
  after: number
  max: number
}): (text: string) => string | undefined {
  /** Bounds the memory for texts that are used once, which differ in their filters. */
  const maxCounted = 16 * max
  const uses = new Map<string, number>()
  const names = new Map<string, string>()
  return (text) => {
    const name = names.get(text)
    if (name !== undefined) return name
    if (names.size >= max) return undefined
    const count = (uses.get(text) ?? 0) + 1
    if (count <= after) {
      if (uses.size >= maxCounted) uses.clear()
      uses.set(text, count)
      return undefined
    }
    uses.delete(text)
    const made = `${prefix}_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
    names.set(text, made)
    return made
  }
}
