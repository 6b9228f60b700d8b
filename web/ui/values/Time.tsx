'use client'

import { useNow } from '@/lib/clock.ts'
import { clockTime, exactTime, relativeTime } from '@/lib/format/time.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import classes from './Time.module.css'

interface TimeProps {
  /** RFC 3339. */
  at: string
  /** `both` shows "03:12:45 3m ago". */
  show?: 'both' | 'age' | 'clock'
}

/** A time as clock time and age. Its tooltip has the date, the milliseconds and UTC. */
export function Time({ at, show = 'both' }: TimeProps) {
  const seen = useNow()
  const zone = useZone()
  const time = Date.parse(at)
  // The last clock tick may be older than a new row. The row's time would then be in the future.
  const now = time > seen ? Date.now() : seen
  return (
    <time dateTime={at} title={exactTime(at, zone)} suppressHydrationWarning className={classes.time}>
      {show !== 'age' && (
        <span data-clock suppressHydrationWarning>
          {clockTime(time, now, zone)}
        </span>
      )}
      {show !== 'clock' && (
        <span className={show === 'both' ? classes.age : undefined} suppressHydrationWarning>
          {relativeTime(time, now)}
        </span>
      )}
    </time>
  )
}
