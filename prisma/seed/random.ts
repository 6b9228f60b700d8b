/** Deterministic pseudo-random numbers. They depend only on the seed and on the numbers drawn before. */
export interface Chance {
  /** A number from 0 up to, but not including, 1. */
  next(): number
  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number
  /** True with the probability `part`. */
  happens(part: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** Picks an item with a probability in proportion to its weight. */
  weighted<Item>(items: readonly (readonly [weight: number, item: Item])[]): Item
  /** A random duration around `typical`, rarely much longer, like a server's response times. */
  latency(typical: number): number
  /** A UUIDv7 (RFC 9562) with this timestamp. */
  id(ms: number): string
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0
  // The mulberry32 generator.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  const hex = (digits: number) =>
    Math.floor(next() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  return {
    next,
    between,
    happens: (part) => next() < part,
    pick(items) {
      const item = items[between(0, items.length - 1)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
    weighted(items) {
      let at = next() * items.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, item] of items) {
        at -= weight
        if (at < 0) return item
      }
      throw new Error('nothing to pick from')
    },
    latency: (typical) => typical * Math.exp(0.45 * (next() + next() + next() + next() - 2)),
    id(ms) {
      const time = Math.floor(ms).toString(16).padStart(12, '0')
      const variant = '89ab'[between(0, 3)]
      return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${variant}${hex(3)}-${hex(6)}${hex(6)}`
    },
  }
}
