interface Sample {
  name: string
  at: string
  bytes: number
  rows: number
}

export interface SizeBucket {
  start: string
  /** Bytes per table. The key OTHERS has the sum of all tables that are not shown separately. */
  bytes: Readonly<Record<string, number>>
}

export interface SizeSeries {
  /** The tables that are largest now, largest first, then OTHERS if there are more tables. */
  tables: readonly string[]
  buckets: readonly SizeBucket[]
  now: readonly Sample[]
}

export const OTHERS = 'others'

/** Maximum number of tables that are shown separately. */
const NAMED = 5
/** Maximum number of bars. Two weeks of hourly samples would not fit into the chart. */
const BARS = 60

/**
 * Converts samples to bars of stacked tables, oldest first. Of several samples in a bar's time, the last one is shown.
 */
export function sizeSeries(samples: readonly Sample[]): SizeSeries {
  const instants = [...new Set(samples.map(({ at }) => at))].sort()
  const last = instants.at(-1)
  const first = instants[0]
  if (last === undefined || first === undefined) return { tables: [], buckets: [], now: [] }
  const now = samples.filter(({ at }) => at === last).sort((a, b) => b.bytes - a.bytes)
  const named = now.slice(0, NAMED).map(({ name }) => name)
  const kept = new Set(thinned(instants))
  const buckets = new Map<string, Record<string, number>>()
  for (const { name, at, bytes } of samples) {
    if (!kept.has(at)) continue
    const bucket = buckets.get(at) ?? {}
    const key = named.includes(name) ? name : OTHERS
    bucket[key] = (bucket[key] ?? 0) + bytes
    buckets.set(at, bucket)
  }
  return {
    tables: [...named, ...(now.length > NAMED ? [OTHERS] : [])],
    buckets: [...buckets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([start, bytes]) => ({ start, bytes })),
    now,
  }
}

/** Divides the time into BARS equal buckets and returns the last sample time of each. */
function thinned(instants: readonly string[]): string[] {
  if (instants.length <= BARS) return [...instants]
  const begin = Date.parse(instants[0] ?? '')
  const length = (Date.parse(instants.at(-1) ?? '') - begin) / BARS
  const byBar = new Map(instants.map((at) => [Math.min(BARS - 1, Math.floor((Date.parse(at) - begin) / length)), at]))
  return [...byBar.values()]
}
