'use client'

import { useRef } from 'react'
import { useAction } from '@/lib/actions/use-action.ts'
import { StartBulkReplay } from './documents.ts'
import { DEFAULT_PLAN, optionsInput, selectionInput } from './plan/plan.ts'
import { useRepeatKey } from './repeat-key.ts'
import { followedReplay, type ReplaySelection } from './request.ts'

/**
 * Starts a replay of a whole selection, without a plan dialog: also of the deliveries that are unlikely to arrive. The
 * safety options are those of a new plan. `refetch` names the queries to reload after the start.
 */
export function useDirectReplay(refetch: readonly string[]) {
  const start = useAction(StartBulkReplay, { failed: 'Not replayed', refetch: ['BulkReplayList', ...refetch] })
  const keyOf = useRepeatKey()
  const started = useRef(0)
  const run = async (selection: ReplaySelection, reason: string): Promise<void> => {
    const input = { ...selectionInput(selection, null), ...optionsInput({ ...DEFAULT_PLAN, scope: 'all', reason }) }
    // A repetition after an unknown outcome gets the same key. A start after a successful one gets another.
    const data = await start.run({
      input: { ...input, idempotencyKey: keyOf(`${started.current} ${JSON.stringify(input)}`) },
    })
    if (!data) return
    started.current++
    followedReplay.set(data.bulkReplayDeliveries.bulkReplay.id)
  }
  return { run, busy: start.busy }
}
