'use client'

import { useAction } from '@/lib/actions/use-action.ts'
import { readFragment } from '@/lib/graphql.ts'
import { BulkReplayRow, CancelBulkReplay, PauseBulkReplay } from './documents.ts'
import { counted } from './words.ts'

/** Pauses, resumes and stops a bulk replay. */
export function useReplayControl(id: string) {
  const cancel = useAction(CancelBulkReplay, {
    failed: 'Not stopped',
    done: ({ cancelBulkReplay: { bulkReplay } }) => {
      const { replayed, total } = readFragment(BulkReplayRow, bulkReplay)
      return `Stopped: ${counted(replayed)} of ${counted(total)} had been replayed.`
    },
    refetch: ['BulkReplayList'],
  })
  const pause = useAction(PauseBulkReplay, { failed: 'Not changed' })
  return {
    stop: () => void cancel.run({ id }),
    setPaused: (paused: boolean) => void pause.run({ id, paused }),
    busy: cancel.busy || pause.busy,
  }
}
