'use client'

import { useId, useRef } from 'react'
import { useNow } from '@/lib/clock.ts'
import { clockTime } from '@/lib/format/time.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import { bucketTimes, marksOf } from './bucket-times.ts'
import classes from './Chart.module.css'
import { type BarRange, useBrush } from './use-brush.ts'

/** A segment of each bar. Segments are stacked from the bottom. */
export interface Series<Bucket> {
  name: string
  /** A CSS colour. ui/tokens.css defines the chart colours. */
  color: string
  /** A pattern for the segment, so that segments can be distinguished without colours. */
  pattern?: 'solid' | 'hatched' | 'crossed'
  accessor: (bucket: Bucket) => number
}

interface ChartBarsProps<Bucket extends { start: string }> {
  label: string
  buckets: readonly Bucket[]
  series: readonly Series<Bucket>[]
  /** In pixels. */
  height?: number
  /** When the last bucket ends; default: now. */
  end?: string
  /** Called when the user selects a range. Without it, no range can be selected. */
  onBrush?: (since: Date, until: Date) => void
  /** Clears the selected range. Present if a range is selected. */
  onClear?: () => void
  outdated?: boolean
  /** A horizontal line to compare the bars with. */
  line?: { value: number; name: string }
  /** Vertical lines at times (ISO 8601), such as when alerts were raised. Times outside the buckets are left out. */
  marks?: { times: readonly string[]; name: string }
  /** Formats a value. By default it is shown as a whole number. */
  format?: (value: number) => string
  /**
   * The values are a level, such as a size, not a count. For a range of several bars, the last value is shown instead
   * of the sum.
   */
  isLevel?: boolean
}

const number = new Intl.NumberFormat('en')

/** Stacked bars over time. The user selects a range by dragging, or with Shift, the arrow keys and Enter. */
export function ChartBars<Bucket extends { start: string }>(props: ChartBarsProps<Bucket>) {
  const { label, buckets, series, height = 48, end, onBrush, onClear, outdated, line, marks, isLevel } = props
  const { format = number.format } = props
  const frame = useRef<HTMLDivElement>(null)
  const id = useId()
  const now = useNow()
  const zone = useZone()
  const times = bucketTimes(buckets, end)
  const { startOf, endOf } = times
  const brush = useBrush(buckets.length, frame, (first, last) =>
    onBrush?.(new Date(startOf(first)), new Date(endOf(last))),
  )
  const { at, range } = brush

  const shown = at === null ? null : buckets[at]
  const time = (ms: number) => clockTime(ms, now, zone)
  const markedAt = marksOf(marks?.times ?? [], times, buckets.length)
  const marksIn = (first: number, last: number) => {
    const count = markedAt.filter((x) => x >= first && x < last + 1).length
    return marks && count > 0 ? `, ${marks.name}: ${number.format(count)}` : ''
  }
  const sum = (bucketsShown: readonly Bucket[]) =>
    series
      .map((one) => {
        const counted = isLevel ? bucketsShown.slice(-1) : bucketsShown
        return `${format(counted.reduce((total, bucket) => total + one.accessor(bucket), 0))} ${one.name}`
      })
      .join(', ')
  const readout =
    shown && at !== null
      ? `${time(startOf(range?.[0] ?? at))} to ${time(endOf(range?.[1] ?? at))}: ${sum(range ? buckets.slice(range[0], range[1] + 1) : [shown])}${marksIn(range?.[0] ?? at, range?.[1] ?? at)}`
      : null
  return (
    <figure className={classes.figure} data-outdated={outdated || undefined}>
      <div
        ref={frame}
        className={classes.plot}
        style={{ height }}
        data-brush={onBrush !== undefined || undefined}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, buckets.length - 1)}
        aria-valuenow={at ?? 0}
        aria-valuetext={readout ?? `${sum(buckets)} ${isLevel ? 'now' : 'in all'}${marksIn(0, buckets.length)}`}
        onKeyDown={brush.onKeyDown}
        onBlur={brush.onBlur}
        onPointerLeave={brush.onPointerLeave}
        onPointerMove={brush.onPointerMove}
        onPointerDown={onBrush && brush.onPointerDown}
        onPointerUp={brush.onPointerUp}
      >
        <Bars
          buckets={buckets}
          series={series}
          height={height}
          threshold={line?.value}
          marks={markedAt}
          at={at}
          range={range}
        />
      </div>
      <figcaption className={classes.caption} id={id}>
        <span>{buckets.length > 0 && time(startOf(0))}</span>
        <span className={classes.readout}>
          {readout ?? (
            <>
              {series.map(({ name, color }) => (
                <span key={name} className={classes.key}>
                  <span style={{ background: color }} />
                  {name}
                </span>
              ))}
              {markedAt.length > 0 && marks && <span className={classes.key}>│ {marks.name}</span>}
              {line && <span className={classes.key}>┄ {line.name}</span>}
            </>
          )}
        </span>
        {onClear && (
          <button type="button" onClick={onClear}>
            Clear the range
          </button>
        )}
        <span>{buckets.length > 0 && time(endOf(buckets.length - 1))}</span>
      </figcaption>
    </figure>
  )
}

interface BarsProps<Bucket> {
  buckets: readonly Bucket[]
  series: readonly Series<Bucket>[]
  height: number
  threshold: number | undefined
  /** Positions, in buckets. */
  marks: readonly number[]
  at: number | null
  range: BarRange | null
}

/** The bars as SVG, one unit wide per bucket. */
function Bars<Bucket>({ buckets, series, height, threshold, marks, at, range }: BarsProps<Bucket>) {
  const width = Math.max(1, buckets.length)
  const totals = buckets.map((bucket) => series.reduce((sum, { accessor }) => sum + accessor(bucket), 0))
  const most = Math.max(1, ...totals, threshold ?? 0)
  /** Small values get a minimum height, so that they stay visible. */
  const sizeOf = (value: number) => Math.max(1.5, (value / most) * (height - 2))
  const thresholdY = threshold === undefined ? undefined : height - sizeOf(threshold)
  return (
    <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" width="100%" height={height} aria-hidden="true">
      {buckets.map((bucket, index) => {
        let y = height
        return series.map(({ name, color, accessor }) => {
          const value = accessor(bucket)
          if (value === 0) return null
          const size = sizeOf(value)
          y -= size
          return <rect key={name} x={index + 0.08} y={Math.max(0, y)} width={0.84} height={size} fill={color} />
        })
      })}
      {marks.map((x) => (
        <line key={x} x1={x} x2={x} y1={0} y2={height} className={classes.mark} />
      ))}
      {thresholdY !== undefined && (
        <line x1={0} x2={width} y1={thresholdY} y2={thresholdY} className={classes.threshold} />
      )}
      {at !== null && range === null && <rect x={at} y={0} width={1} height={height} className={classes.cursor} />}
      {range && <rect x={range[0]} y={0} width={range[1] - range[0] + 1} height={height} className={classes.range} />}
    </svg>
  )
}
