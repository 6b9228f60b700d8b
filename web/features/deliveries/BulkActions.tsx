'use client'

import { Button } from '@mantine/core'
import { planBulkReplay } from '@/features/bulk-replay/request.ts'
import { copyText } from '@/lib/clipboard.ts'
import type { DeliveryFilter } from '@/lib/graphql.ts'
import { showToast } from '@/lib/toasts.ts'
import type { Selection } from '@/lib/use-selection.ts'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'

const number = new Intl.NumberFormat('en')

interface BulkActionsProps {
  selection: Selection
  /** What "all that match" stands for. */
  filter: DeliveryFilter
  may: boolean
}

/** What can be done with the selected deliveries. */
export function BulkActions({ selection, filter, may }: BulkActionsProps) {
  const { ids, all, clear } = selection
  const plan = () => planBulkReplay({ selection: all ? { filter } : { deliveryIds: [...ids] }, onStarted: clear })
  useShortcuts(may ? [{ keys: 'Shift+r', label: 'Replay the selected rows', group: 'Rows', run: plan }] : [])
  const copyIds = async () => {
    if (await copyText([...ids].join('\n')))
      showToast({ tone: 'good', title: `Copied ${ids.size === 1 ? 'one id' : `${ids.size} ids`}.` })
  }
  return (
    <>
      {may && (
        <Button size="compact-sm" onClick={plan} title="Replay the selected rows (Shift R)">
          Replay…
        </Button>
      )}
      {!all && (
        <Button size="compact-sm" variant="default" onClick={() => void copyIds()}>
          Copy ids
        </Button>
      )}
    </>
  )
}

/** Replays every dead letter that the filter finds, without selecting rows first. */
export function ReplayAll({ filter, total }: { filter: DeliveryFilter; total: number | null }) {
  const plan = () => planBulkReplay({ selection: { filter } })
  useShortcuts([{ keys: 'Shift+r', label: 'Replay all that match', group: 'Rows', run: () => total && plan() }])
  return (
    total !== null &&
    total > 0 && (
      <Button size="xs" onClick={plan} title="Replay all that match (Shift R)">
        Replay all {number.format(total)}…
      </Button>
    )
  )
}
