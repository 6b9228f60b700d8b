'use client'

import { useNow } from '@/lib/clock.ts'
import { clockTime, duration } from '@/lib/format/time.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import { bucketTimes } from './bucket-times.ts'
import classes from './Chart.module.css'

interface BandBucket {
  start: string
  low?: number | null
  high?: number | null
}

/**
 * A band between two values over time, such as the p50 and p95 of a latency in milliseconds. A bucket without values is
 * a gap.
 */
export function ChartBand({
  label,
  buckets,
  height = 64,
}: {
  label: string
  buckets: readonly BandBucket[]
  height?: number
}) {
  const now = useNow()
  const zone = useZone()
  const most = Math.max(1, ...buckets.map(({ high }) => high ?? 0))
  const y = (value: number) => height - 2 - (value / most) * (height - 6)
  const points = (pick: (bucket: BandBucket) => number | null | undefined) =>
    runs(buckets.map((bucket, index) => ({ x: index + 0.5, value: pick(bucket) ?? null })))
  const line = (run: readonly { x: number; value: number }[]) => run.map(({ x, value }) => `${x},${y(value)}`).join(' ')
  const high = points(({ high }) => high)
  const low = points(({ low, high }) => (high == null ? null : (low ?? 0)))
  const summary = high.length > 0 ? `${label}, at most ${duration(most)}` : `${label}: no values`
  const { startOf, endOf } = bucketTimes(buckets, undefined)
  return (
    <figure className={classes.figure}>
      <div className={classes.plot}>
        <svg
          role="img"
          aria-label={summary}
          viewBox={`0 0 ${Math.max(1, buckets.length)} ${height}`}
          preserveAspectRatio="none"
          width="100%"
          height={height}
          className={classes.spark}
        >
          {high.map((run, index) => (
            <g key={run[0]?.x}>
              <polygon className={classes.band} points={`${line(run)} ${line([...(low[index] ?? [])].reverse())}`} />
              <polyline
                className={classes.line}
                points={line(run.length > 1 ? run : [...run, ...run.map((one) => ({ ...one, x: one.x + 0.3 }))])}
              />
            </g>
          ))}
        </svg>
      </div>
      <figcaption className={classes.caption}>
        <span>{buckets.length > 0 && clockTime(startOf(0), now, zone)}</span>
        <span>{summary}</span>
        <span>{buckets.length > 0 && clockTime(endOf(buckets.length - 1), now, zone)}</span>
      </figcaption>
    </figure>
  )
}

/** Splits the points at the gaps. */
function runs(points: readonly { x: number; value: number | null }[]): { x: number; value: number }[][] {
  const all: { x: number; value: number }[][] = []
  let run: { x: number; value: number }[] = []
  for (const { x, value } of points) {
    if (value === null) {
      if (run.length > 0) all.push(run)
      run = []
    } else run.push({ x, value })
  }
  if (run.length > 0) all.push(run)
  return all
}
