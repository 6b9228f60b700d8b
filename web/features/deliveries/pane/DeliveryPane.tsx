'use client'

import { useQuery } from '@apollo/client/react'
import { useEffect, useRef } from 'react'
import { readFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { DeliveryRow } from '../documents.ts'
import { DeliveryActions } from './DeliveryActions.tsx'
import { DeliveryBody } from './DeliveryBody.tsx'
import { DeliveryDetails } from './details.ts'

const Explanation = lazily(() => import('@/features/ai/Explanation.tsx'))

/** Everything about one delivery: its outcome, each attempt with its response, and the request. */
export default function DeliveryPane({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error, loading, refetch } = useQuery(DeliveryDetails, { variables: { id } })
  const node = data?.node?.__typename === 'Delivery' && data.node.id === id ? data.node : null
  const row = readFragment(DeliveryRow, node)
  const progress = row && `${row.status} ${row.attemptCount} ${row.recoveredBy?.id ?? ''}`
  const seen = useRef<{ id: string; progress: string | null | undefined }>(null)
  useEffect(() => {
    // The list updates the delivery's row through the cache. The attempts are loaded here.
    if (seen.current?.id === id && seen.current.progress && progress !== seen.current.progress)
      refetch().catch(() => undefined)
    seen.current = { id, progress }
  }, [id, progress, refetch])
  const problem = error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no delivery ${id} that you may see.`)
  return (
    <DetailPane kind="Delivery" id={id} onClose={onClose} footer={node && <DeliveryActions delivery={node} />}>
      {node ? (
        <>
          <DeliveryBody key={id} delivery={node} />
          {row && row.status !== 'DELIVERED' && (
            <Explanation
              key={`explanation of ${id}`}
              input={{ webhookId: row.webhook.id }}
              subject="what this webhook does"
            />
          )}
        </>
      ) : loading ? (
        <Placeholder rows={6} />
      ) : (
        <ProblemNotice problem={problem} onRetry={() => void refetch().catch(() => undefined)} retrying={loading} />
      )}
    </DetailPane>
  )
}
