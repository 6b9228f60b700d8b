'use client'

import { useNow } from '@/lib/clock.ts'
import { clockTime, duration, span } from '@/lib/format/time.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import classes from '../Deliveries.module.css'
import { axisPlaces } from './axis.ts'

interface AxisAttempt {
  number: number
  startedAt: string
  durationMs: number
  statusCode?: number | null
  failed: boolean
}

interface AttemptAxisProps {
  createdAt: string
  attempts: readonly AxisAttempt[]
  /** When the next attempt is due; null if no further attempt is planned. */
  nextAt: string | null
  chosen: number
  onChoose: (number: number) => void
}

/** Attempts on a time axis that starts when the delivery was created. The next attempt is drawn hollow. */
export function AttemptAxis({ createdAt, attempts, nextAt, chosen, onChoose }: AttemptAxisProps) {
  const now = useNow()
  const zone = useZone()
  const start = Date.parse(createdAt)
  const instants = attempts.map(({ startedAt }) => Date.parse(startedAt))
  const next = nextAt === null ? null : Date.parse(nextAt)
  const end = Math.max(start + 1_000, ...instants, next ?? 0)
  const places = axisPlaces(next === null ? instants : [...instants, next], start, end)
  /** A single attempt has no length of time to show. */
  const isSingle = attempts.length < 2 && next === null
  const percent = (index: number) => `${(places[index] ?? 0) * 100}%`
  return (
    <figure className={classes.axis}>
      <div className={classes.axisLine}>
        {attempts.map(({ number, durationMs, statusCode, failed }, index) => (
          <button
            key={number}
            type="button"
            className={classes.point}
            data-failed={failed || undefined}
            aria-pressed={number === chosen}
            style={{ left: percent(index) }}
            title={`#${number} at ${clockTime(instants[index] ?? 0, now, zone)}, ${duration(durationMs)}`}
            aria-label={`Attempt ${number}: ${statusCode ?? (failed ? 'no answer' : 'arrived')}`}
            onClick={() => onChoose(number)}
          >
            {number}
          </button>
        ))}
        {next !== null && (
          <span
            className={classes.point}
            data-next
            style={{ left: percent(attempts.length) }}
            title={`Next attempt at ${clockTime(next, now, zone)}`}
          >
            {attempts.length + 1}
          </span>
        )}
      </div>
      <figcaption>
        <span>{clockTime(start, now, zone)}</span>
        <span>
          {next === null
            ? !isSingle && `over ${span(end - start)}`
            : next > now
              ? `next in ${span(next - now)}`
              : 'next as soon as possible'}
        </span>
        <span>{!isSingle && clockTime(end, now, zone)}</span>
      </figcaption>
    </figure>
  )
}
