'use client'

import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { span } from '@/lib/format/time.ts'
import classes from './JobProgress.module.css'

export interface Job {
  /** The action under way, such as "Replaying 16". */
  title: ReactNode
  total: number
  /** Numbers of items that succeeded and failed. The others are pending. */
  done: number
  failed: number
  /** Number of skipped items, which are not part of the total. */
  skipped?: number
  /** The kinds of failures, such as "502". */
  failure?: string | null
  startedAt: string
  finishedAt?: string | null
  paused?: boolean
}

const number = new Intl.NumberFormat('en')

interface JobProgressProps {
  job: Job
  now: number
  onPause?: () => void
  onStop?: () => void
  /** Opens the results, in which failures come first. */
  onDetails?: () => void
  onDismiss?: () => void
}

/** The progress of a long job with its failures, and buttons to pause and stop it. */
export function JobProgress({ job, now, onPause, onStop, onDetails, onDismiss }: JobProgressProps) {
  const { title, total, done, failed, skipped = 0, failure, startedAt, finishedAt, paused } = job
  const took = (finishedAt ? Date.parse(finishedAt) : now) - Date.parse(startedAt)
  return (
    <div className={classes.job} data-job>
      <span className={classes.title}>{title}</span>
      <progress
        max={Math.max(1, total)}
        value={done + failed}
        aria-label={typeof title === 'string' ? title : 'Progress'}
      />
      <span role="status" className={classes.said}>
        {number.format(done + failed)}/{number.format(total)} · {number.format(done)} arrived
        {failed > 0 && ` · ${number.format(failed)} failed${failure ? ` (${failure})` : ''}`}
        {skipped > 0 && ` · ${number.format(skipped)} skipped`} · {paused && !finishedAt ? 'paused' : span(took)}
      </span>
      {!finishedAt && onPause && (
        <Button size="compact-xs" variant="default" onClick={onPause}>
          {paused ? 'Resume' : 'Pause'}
        </Button>
      )}
      {!finishedAt && onStop && (
        <Button size="compact-xs" variant="default" onClick={onStop}>
          Stop
        </Button>
      )}
      {onDetails && (
        <Button size="compact-xs" variant="default" onClick={onDetails}>
          {failed > 0 ? 'Failures' : 'Details'}
        </Button>
      )}
      {finishedAt && onDismiss && (
        <Button size="compact-xs" variant="default" onClick={onDismiss}>
          Dismiss
        </Button>
      )}
    </div>
  )
}
