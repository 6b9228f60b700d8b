import { compileGlobs } from '../../kit/globs.ts'

/**
 * Values stored under globs, looked up by a text that the globs match. A lookup costs one map access for exact patterns
 * and one for each distinct length of prefix patterns ("order.*"), regardless of the number of patterns. Only patterns
 * with a star elsewhere ("*.failed") are tested one by one.
 */
export class PatternIndex<Value> {
  private readonly exact = new Map<string, Value>()
  private readonly prefixes = new Map<string, Value>()
  /** Lengths of the keys of `prefixes`. */
  private readonly lengths = new Set<number>()
  private readonly others = new Map<string, { matches: (text: string) => boolean; value: Value }>()

  /** The value under exactly this pattern (null matches every text). `create` makes it if there is none yet. */
  at(pattern: string | null, create: () => Value): Value {
    const glob = pattern ?? '*'
    if (!glob.includes('*')) return getOrCreate(this.exact, glob, create)
    const prefix = glob.slice(0, -1)
    if (glob.endsWith('*') && !prefix.includes('*')) {
      this.lengths.add(prefix.length)
      return getOrCreate(this.prefixes, prefix, create)
    }
    return getOrCreate(this.others, glob, () => ({ matches: compileGlobs([glob]), value: create() })).value
  }

  /** The values of all patterns that match a text, in no particular order. */
  *matching(text: string): Generator<Value> {
    const exact = this.exact.get(text)
    if (exact !== undefined) yield exact
    for (const length of this.lengths) {
      if (length > text.length) continue
      const value = this.prefixes.get(text.slice(0, length))
      if (value !== undefined) yield value
    }
    for (const { matches, value } of this.others.values()) if (matches(text)) yield value
  }
}

function getOrCreate<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) {
    value = create()
    map.set(key, value)
  }
  return value
}
