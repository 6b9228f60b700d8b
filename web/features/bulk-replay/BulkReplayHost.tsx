'use client'

import { useStore } from '@/lib/store.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { followedReplay, planRequest } from './request.ts'

const PlanDialog = lazily(() => import('./plan/PlanDialog.tsx'))
const ReplayBar = lazily(() => import('./ReplayBar.tsx'))

/** Shows the plan dialog that `planBulkReplay` opened. */
export function PlanHost() {
  const request = useStore(planRequest)
  return request && <PlanDialog request={request} onClose={() => planRequest.set(null)} />
}

/** Shows the progress of the bulk replay that was started in this tab, on every page. */
export function ReplayBarHost() {
  const id = useStore(followedReplay)
  return id && <ReplayBar key={id} id={id} onDismiss={() => followedReplay.set(null)} />
}
