interface Sample {
  name: string
  at: string
  bytes: number
  rows: number
}

export interface SizeBucket {
  start: string
  /** Bytes by table; the sum of all others is under OTHERS. */
  bytes: Readonly<Record<string, number>>
}

export interface SizeSeries {
  /** The largest tables now, largest first, then OTHERS if there are more. */
  tables: readonly string[]
  buckets: readonly SizeBucket[]
  now: readonly Sample[]
}

export const OTHERS = 'others'

/** Maximum number of tables that are shown separately. */
const NAMED = 5
/** Maximum number of bars: hourly samples of two weeks are more than a chart has room for. */
const BARS = 60

/** Samples as bars of stacked tables, oldest first. The last of several samples within a bar's time counts. */
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

/** The ends of BARS equal time buckets. */
function thinned(instants: readonly string[]): string[] {
  if (instants.length <= BARS) return [...instants]
  const begin = Date.parse(instants[0] ?? '')
  const length = (Date.parse(instants.at(-1) ?? '') - begin) / BARS
  const byBar = new Map(instants.map((at) => [Math.min(BARS - 1, Math.floor((Date.parse(at) - begin) / length)), at]))
  return [...byBar.values()]
}
