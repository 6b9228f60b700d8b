'use client'

import { type KeyboardEvent, type PointerEvent, useId, useRef, useState } from 'react'
import { useNow } from '@/lib/clock.ts'
import { clockTime } from '@/lib/format/time.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import classes from './Chart.module.css'

/** A segment of each bar, from the bottom. */
export interface Series<Bucket> {
  name: string
  /** A CSS colour; ui/tokens.css has those of charts. */
  color: string
  /** Also fills the segment with this pattern, so that segments are distinguishable without colours. */
  pattern?: 'solid' | 'hatched' | 'crossed'
  accessor: (bucket: Bucket) => number
}

interface ChartBarsProps<Bucket extends { start: string }> {
  label: string
  buckets: readonly Bucket[]
  series: readonly Series<Bucket>[]
  /** In pixels. */
  height?: number
  /** End of the last bucket; default now. */
  end?: string
  /** Selects a range. Without it the chart is read-only. */
  onBrush?: (since: Date, until: Date) => void
  /** The selected range, which can be cleared. */
  onClear?: () => void
  outdated?: boolean
  /** A value that the bars are compared with. */
  line?: { value: number; name: string }
  /** A value in words; a whole number when left out. */
  format?: (value: number) => string
  /** Values are a level, such as a size, and not a count: of several bars the last one is read out, and not their sum. */
  isLevel?: boolean
}

const number = new Intl.NumberFormat('en')

/** Stacked bars over time with range selection: by dragging, or with Shift and the arrow keys and Enter. */
export function ChartBars<Bucket extends { start: string }>(props: ChartBarsProps<Bucket>) {
  const { label, buckets, series, height = 48, end, onBrush, onClear, outdated, line, isLevel } = props
  const { format = number.format } = props
  const [at, setAt] = useState<number | null>(null)
  const [from, setFrom] = useState<number | null>(null)
  const frame = useRef<HTMLDivElement>(null)
  const id = useId()
  const now = useNow()
  const zone = useZone()
  const totals = buckets.map((bucket) => series.reduce((sum, { accessor }) => sum + accessor(bucket), 0))
  const most = Math.max(1, ...totals, line?.value ?? 0)
  const lineY = line && height - Math.max(1.5, (line.value / most) * (height - 2))
  const startOf = (index: number) => Date.parse(buckets[index]?.start ?? '')
  const length = buckets.length > 1 ? startOf(1) - startOf(0) : 60_000
  const endOf = (index: number) =>
    index + 1 < buckets.length ? startOf(index + 1) : end ? Date.parse(end) : startOf(index) + length

  const indexAt = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect()
    if (!box) return 0
    const part = (event.clientX - box.left) / box.width
    return Math.max(0, Math.min(buckets.length - 1, Math.floor(part * buckets.length)))
  }
  const brush = (one: number, other: number) => {
    setFrom(null)
    const [first, last] = one < other ? [one, other] : [other, one]
    onBrush?.(new Date(startOf(first)), new Date(endOf(last)))
  }
  const press = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by !== 0) {
      event.preventDefault()
      const next = Math.max(0, Math.min(buckets.length - 1, (at ?? (by > 0 ? -1 : buckets.length)) + by))
      if (event.shiftKey && from === null) setFrom(at ?? next)
      if (!event.shiftKey) setFrom(null)
      setAt(next)
    } else if (event.key === 'Enter' && at !== null) brush(from ?? at, at)
    else if (event.key === 'Escape') {
      if (from !== null || at !== null) event.stopPropagation()
      setFrom(null)
      setAt(null)
    }
  }
  const shown = at === null ? null : buckets[at]
  const range = from !== null && at !== null ? [Math.min(from, at), Math.max(from, at)] : null
  const time = (ms: number) => clockTime(ms, now, zone)
  const sum = (bucketsShown: readonly Bucket[]) =>
    series
      .map((one) => {
        const counted = isLevel ? bucketsShown.slice(-1) : bucketsShown
        return `${format(counted.reduce((total, bucket) => total + one.accessor(bucket), 0))} ${one.name}`
      })
      .join(', ')
  const readout =
    shown && at !== null
      ? `${time(startOf(range?.[0] ?? at))} to ${time(endOf(range?.[1] ?? at))}: ${sum(range ? buckets.slice(range[0], (range[1] ?? 0) + 1) : [shown])}`
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
        aria-valuetext={readout ?? `${sum(buckets)} ${isLevel ? 'now' : 'in all'}`}
        onKeyDown={press}
        onBlur={() => setAt(null)}
        onPointerLeave={() => from === null && setAt(null)}
        onPointerMove={(event) => setAt(indexAt(event))}
        onPointerDown={(event) => {
          if (!onBrush || event.button !== 0) return
          event.currentTarget.setPointerCapture(event.pointerId)
          setFrom(indexAt(event))
        }}
        onPointerUp={(event) => {
          if (from !== null) brush(from, indexAt(event))
        }}
      >
        <svg
          viewBox={`0 0 ${Math.max(1, buckets.length)} ${height}`}
          preserveAspectRatio="none"
          width="100%"
          height={height}
          aria-hidden="true"
        >
          {buckets.map((bucket, index) => {
            let y = height
            return series.map(({ name, color, accessor }) => {
              const value = accessor(bucket)
              if (value === 0) return null
              const size = Math.max(1.5, (value / most) * (height - 2))
              y -= size
              return <rect key={name} x={index + 0.08} y={Math.max(0, y)} width={0.84} height={size} fill={color} />
            })
          })}
          {lineY !== undefined && (
            <line x1={0} x2={Math.max(1, buckets.length)} y1={lineY} y2={lineY} className={classes.threshold} />
          )}
          {at !== null && range === null && <rect x={at} y={0} width={1} height={height} className={classes.cursor} />}
          {range && (
            <rect
              x={range[0]}
              y={0}
              width={(range[1] ?? 0) - (range[0] ?? 0) + 1}
              height={height}
              className={classes.range}
            />
          )}
        </svg>
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
