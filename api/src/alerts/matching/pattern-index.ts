import { compileGlobs } from '../../kit/globs.ts'

/** Values by a part of fixed text: the beginning or the end of the texts that match. */
class AffixMap<Value> {
  private readonly values = new Map<string, Value>()
  /** The distinct lengths of the keys. */
  private readonly lengths = new Set<number>()

  at(affix: string, create: () => Value): Value {
    this.lengths.add(affix.length)
    return getOrCreate(this.values, affix, create)
  }

  /** `part` returns the first or the last characters of the text. */
  *matching(text: string, part: (length: number) => string): Generator<Value> {
    for (const length of this.lengths) {
      if (length > text.length) continue
      const value = this.values.get(part(length))
      if (value !== undefined) yield value
    }
  }
}

/**
 * Stores values under globs, and finds all values whose glob matches a text. A lookup accesses a map once for all exact
 * patterns, and once for each distinct length of prefixes ("order.*") and of suffixes ("*.failed"), however many
 * patterns there are. Only patterns with a star elsewhere ("a*b", "*a*") are tested one by one.
 */
export class PatternIndex<Value> {
  private readonly exact = new Map<string, Value>()
  private readonly prefixes = new AffixMap<Value>()
  private readonly suffixes = new AffixMap<Value>()
  private readonly others = new Map<string, { matches: (text: string) => boolean; value: Value }>()

  /**
   * The value stored under exactly this pattern; null is the pattern that matches every text. If there is none, stores
   * the result of `create`.
   */
  at(pattern: string | null, create: () => Value): Value {
    const glob = pattern ?? '*'
    if (!glob.includes('*')) return getOrCreate(this.exact, glob, create)
    if (glob.indexOf('*') === glob.length - 1) return this.prefixes.at(glob.slice(0, -1), create)
    if (glob.lastIndexOf('*') === 0) return this.suffixes.at(glob.slice(1), create)
    return getOrCreate(this.others, glob, () => ({ matches: compileGlobs([glob]), value: create() })).value
  }

  /** The values of all patterns that match a text, in no particular order. */
  *matching(text: string): Generator<Value> {
    const exact = this.exact.get(text)
    if (exact !== undefined) yield exact
    yield* this.prefixes.matching(text, (length) => text.slice(0, length))
    yield* this.suffixes.matching(text, (length) => text.slice(text.length - length))
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
