'use client'

import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useNow } from '@/lib/clock.ts'
import type { BulkReplayRowFragment } from '@/lib/graphql.ts'
import { JobProgress } from '@/ui/forms/JobProgress.tsx'
import { useReplayControl } from './use-replay-control.ts'
import { STATUSES, totalText } from './words.ts'

interface ReplayProgressProps {
  replay: BulkReplayRowFragment
  onDetails?: () => void
  onDismiss?: () => void
}

/** The progress of a bulk replay, with buttons to pause and stop it for users who have the right. */
export function ReplayProgress({ replay, onDetails, onDismiss }: ReplayProgressProps) {
  const { id, status, total, skipped, delivered, failed, createdAt, finishedAt, paused } = replay
  const may = hasRole(useViewer(), 'OPERATOR')
  const control = useReplayControl(id)
  return (
    <JobProgress
      job={{
        title:
          status === 'RUNNING'
            ? `Replaying ${totalText(replay)}`
            : `Bulk replay ${STATUSES[status].label.toLowerCase()}`,
        total: total - skipped,
        done: delivered,
        failed,
        skipped,
        startedAt: createdAt,
        finishedAt,
        paused,
      }}
      now={useNow()}
      onPause={may ? () => control.setPaused(!paused) : undefined}
      onStop={may ? control.stop : undefined}
      onDetails={onDetails}
      onDismiss={onDismiss}
    />
  )
}
