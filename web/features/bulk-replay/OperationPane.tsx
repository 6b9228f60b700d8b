'use client'

import { useApolloClient } from '@apollo/client/react'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { showToast } from '@/lib/actions/toasts.ts'
import type { BulkReplayRowFragment } from '@/lib/graphql.ts'
import { problemOf } from '@/lib/request-error.ts'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { CopyButton } from '@/ui/values/CopyButton.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { Failures } from './Failures.tsx'
import { failedIds } from './failed-ids.ts'
import { ReplayProgress } from './ReplayProgress.tsx'
import { ReplayStatus } from './ReplayStatus.tsx'
import { planBulkReplay } from './request.ts'
import { summaryMarkdown } from './summary.ts'
import { useBulkReplay } from './use-bulk-replay.ts'
import { actorText, counted, filterText, skipsText, totalText } from './words.ts'

/** One bulk replay: its progress, the user who started it, its reason, and the deliveries whose replay failed. */
export default function OperationPane({ id, onClose }: { id: string; onClose: () => void }) {
  const { replay, problem, refetch } = useBulkReplay(id)
  return (
    <DetailPane kind="Bulk replay" id={id} onClose={onClose} footer={replay && <Actions replay={replay} />}>
      {replay ? (
        <>
          <ReplayProgress replay={replay} />
          <ReplayFacts replay={replay} />
          <Failures replay={replay} />
        </>
      ) : problem ? (
        <ProblemNotice problem={problem} onRetry={refetch} />
      ) : (
        <Placeholder rows={5} />
      )}
    </DetailPane>
  )
}

function ReplayFacts({ replay }: { replay: BulkReplayRowFragment }) {
  const { startedBy, reason, createdAt, finishedAt, replayed, delivered, failed, skips, filter, error } = replay
  const open = replayed - delivered - failed
  return (
    <Facts
      facts={[
        ['Status', <ReplayStatus key="status" replay={replay} />],
        ['Error', error],
        ['Started by', actorText(startedBy)],
        ['Why', reason],
        ['Deliveries', filterText(filter) ?? 'chosen by id'],
        ['Selected', totalText(replay)],
        ['Arrived', counted(delivered)],
        ['Failed', counted(failed)],
        ['On the way', open > 0 ? counted(open) : null],
        ['Skipped', skips.length > 0 ? skipsText(skips) : null],
        ['Canary', replay.canary ? 'one delivery of each webhook first' : null],
        ['Pace', replay.ratePerSecond ? `at most ${counted(replay.ratePerSecond)} per second` : null],
        ['Tenant', replay.tenantId],
        ['Started', <Time key="started" at={createdAt} />],
        ['Finished', finishedAt && <Time key="finished" at={finishedAt} />],
      ]}
    />
  )
}

function Actions({ replay }: { replay: BulkReplayRowFragment }) {
  const client = useApolloClient()
  const may = hasRole(useViewer(), 'OPERATOR')
  const [busy, setBusy] = useState(false)
  const again = async () => {
    setBusy(true)
    try {
      const deliveryIds = await failedIds(client, replay.id)
      planBulkReplay({ selection: { deliveryIds } })
    } catch (error) {
      const { title, detail } = problemOf(error)
      showToast({ tone: 'bad', title: `Failures not read: ${title.toLowerCase()}.`, detail })
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      {may && replay.failed > 0 && (
        <Button size="xs" onClick={() => void again()} loading={busy}>
          Replay the failures…
        </Button>
      )}
      <CopyButton text={() => summaryMarkdown(replay, window.location.href)} what="as Markdown" />
    </>
  )
}
