/** A time bucket of the preview's history. */
interface Stretch {
  /** RFC 3339. */
  start: string
  matched: number
  firing: boolean
}

/** A bar of the chart. Its height is the highest number of events in any window that ends within the bar. */
export interface PreviewBar {
  start: string
  /** The number of events in the window, to be compared with the threshold. */
  inWindow: number
  /** Whether an alert would have been open. */
  firing: boolean
}

/**
 * The history as the rule evaluates it: for each moment, the number of events in the window that ends at that moment.
 * `timeline` has equal buckets, oldest first. A window that is shorter than a bucket counts the whole bucket. Returns
 * at most `most` bars.
 */
export function previewBars(timeline: readonly Stretch[], windowSeconds: number, most: number): PreviewBar[] {
  const [first, second] = timeline
  if (!first || !second) return timeline.map(({ start, matched, firing }) => ({ start, inWindow: matched, firing }))
  const stretchMs = Date.parse(second.start) - Date.parse(first.start)
  const perWindow = Math.max(1, Math.round((windowSeconds * 1_000) / stretchMs))
  let inWindow = 0
  const moments = timeline.map(({ start, matched, firing }, index) => {
    inWindow += matched - (timeline[index - perWindow]?.matched ?? 0)
    return { start, inWindow, firing }
  })
  const perBar = Math.ceil(moments.length / most)
  const bars: PreviewBar[] = []
  for (let at = 0; at < moments.length; at += perBar) {
    const part = moments.slice(at, at + perBar)
    const start = part[0]?.start ?? first.start
    bars.push({
      start,
      inWindow: Math.max(...part.map((one) => one.inWindow)),
      firing: part.some((one) => one.firing),
    })
  }
  return bars
}
