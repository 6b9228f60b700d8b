'use client'

import { useQuery } from '@apollo/client/react'
import { useEffect, useRef } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { isFinal } from '@/features/deliveries/state.ts'
import { type AlertDetailsQuery, readFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { AlertBody } from './AlertBody.tsx'
import { AlertButtons } from './AlertButtons.tsx'
import { AlertDetails, AlertTransitionItem, NotificationItem } from './details.ts'
import { AlertRow } from './documents.ts'

export type DetailedAlert = Extract<AlertDetailsQuery['node'], { __typename: 'Alert' }>

const Explanation = lazily(() => import('@/features/ai/Explanation.tsx'))

/**
 * Reload interval of an alert in milliseconds. Its notifications and its recovery offer change without a change signal.
 */
const POLL_MS = 15_000
const SOON_MS = 2_000

/** Everything about one alert: why it fired, its timeline, its notifications, and the remedy. */
export default function AlertPane({ id, onClose }: { id: string; onClose: () => void }) {
  const viewer = useViewer()
  const query = useQuery(AlertDetails, { variables: { id } })
  const { data, error, loading, refetch, startPolling } = query
  const alert = data?.node?.__typename === 'Alert' && data.node.id === id ? data.node : null
  const row = readFragment(AlertRow, alert)
  const isSending = alert !== null && hasUnsettled(alert)
  useEffect(() => startPolling(isSending ? SOON_MS : POLL_MS), [startPolling, isSending])
  const progress = row && `${row.status} ${row.lastNotifiedAt} ${row.isSilenced} ${row.silencedBy?.id}`
  const seen = useRef<{ id: string; progress: string | null | undefined }>(null)
  useEffect(() => {
    // The list updates the alert's row through the cache. The rest of the alert is loaded here.
    if (seen.current?.id === id && seen.current.progress && progress !== seen.current.progress)
      refetch().catch(() => undefined)
    seen.current = { id, progress }
  }, [id, progress, refetch])
  const problem = error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no alert ${id} that you may see.`)
  const retry = () => void refetch().catch(() => undefined)
  const mayAct = hasRole(viewer, 'OPERATOR') && row && row.status !== 'RESOLVED'
  return (
    <DetailPane kind="Alert" id={id} onClose={onClose} footer={mayAct && <AlertButtons alert={row} place="pane" />}>
      {alert ? (
        <>
          {error && <ProblemNotice problem={problem} onRetry={retry} retrying={loading} />}
          <AlertBody key={id} alert={alert} />
          <Explanation key={`explanation of ${id}`} input={{ alertId: id }} subject="this alert" />
        </>
      ) : loading ? (
        <Placeholder rows={6} />
      ) : (
        <ProblemNotice problem={problem} onRetry={retry} retrying={loading} />
      )}
    </DetailPane>
  )
}

/** Whether a notification is still to be published or delivered. */
const hasUnsettled = ({ timeline, deliveries }: DetailedAlert): boolean =>
  readFragment(AlertTransitionItem, timeline).some(
    ({ change, recipients }) => change !== 'SILENCED' && recipients == null,
  ) || readFragment(NotificationItem, deliveries).some(({ status }) => !isFinal(status))
