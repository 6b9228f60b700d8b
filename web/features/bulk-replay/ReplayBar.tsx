'use client'

import { useRouter } from 'next/navigation'
import { useKeptPath } from '@/lib/url.ts'
import { ReplayProgress } from './ReplayProgress.tsx'
import { useBulkReplay } from './use-bulk-replay.ts'

/** The progress of a bulk replay, at the bottom of the page. */
export default function ReplayBar({ id, onDismiss }: { id: string; onDismiss: () => void }) {
  const { replay } = useBulkReplay(id)
  const router = useRouter()
  const pathTo = useKeptPath()
  if (!replay) return null
  return (
    <ReplayProgress
      replay={replay}
      onDetails={() => router.push(pathTo('/operations', { open: id }))}
      onDismiss={onDismiss}
    />
  )
}
