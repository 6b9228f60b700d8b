'use client'

import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { span } from '@/lib/time.ts'
import classes from './JobProgress.module.css'

export interface Job {
  /** What is being done: "Replaying 16". */
  title: ReactNode
  total: number
  /** Finished well and badly; the rest is still to come. */
  done: number
  failed: number
  /** What the failures were, such as "502". */
  failure?: string | null
  startedAt: string
  finishedAt?: string | null
  paused?: boolean
}

interface JobProgressProps {
  job: Job
  now: number
  onPause?: () => void
  onStop?: () => void
  /** Shows what failed. */
  onFailures?: () => void
  onDismiss?: () => void
}

/** Work that takes a while: how far it is, what failed, and the ways to pause and stop it. Fed by a subscription. */
export function JobProgress({ job, now, onPause, onStop, onFailures, onDismiss }: JobProgressProps) {
  const { title, total, done, failed, failure, startedAt, finishedAt, paused } = job
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
        {done + failed}/{total} · {done} arrived
        {failed > 0 && ` · ${failed} failed${failure ? ` (${failure})` : ''}`} · {paused ? 'paused' : span(took)}
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
      {failed > 0 && onFailures && (
        <Button size="compact-xs" variant="default" onClick={onFailures}>
          Failures
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
