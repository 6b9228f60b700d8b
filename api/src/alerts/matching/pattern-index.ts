import { compileGlobs } from '../../kit/globs.ts'

/**
 * Stores values under globs, and finds all values whose glob matches a text. A lookup accesses a map once for all exact
 * patterns, and once for each distinct length of prefix patterns ("order.*"), however many patterns there are. Only
 * patterns with a star elsewhere ("*.failed") are tested one by one.
 */
export class PatternIndex<Value> {
  private readonly exact = new Map<string, Value>()
  private readonly prefixes = new Map<string, Value>()
  /** The distinct lengths of the keys in `prefixes`. */
  private readonly lengths = new Set<number>()
  private readonly others = new Map<string, { matches: (text: string) => boolean; value: Value }>()

  /**
   * The value stored under exactly this pattern; null is the pattern that matches every text. If there is none, stores
   * the result of `create`.
   */
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
