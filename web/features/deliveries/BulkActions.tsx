'use client'

import { Button } from '@mantine/core'
import { planBulkReplay } from '@/features/bulk-replay/request.ts'
import { showToast } from '@/lib/actions/toasts.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import { copyText } from '@/lib/clipboard.ts'
import type { CancelDeliveriesInput, DeliveryFilter } from '@/lib/graphql.ts'
import type { Selection } from '@/lib/lists/use-selection.ts'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { CancelDeliveries } from './actions.ts'

const number = new Intl.NumberFormat('en')

interface BulkActionsProps {
  selection: Selection
  /** The filter that "all that match" selects by. */
  filter: DeliveryFilter
  may: boolean
}

/** The actions on the selected deliveries. */
export function BulkActions({ selection, filter, may }: BulkActionsProps) {
  const { ids, all, clear } = selection
  const plan = () => planBulkReplay({ selection: all ? { filter } : { deliveryIds: [...ids] }, onStarted: clear })
  useShortcuts(may ? [{ keys: 'Shift+r', label: 'Replay the selected rows', group: 'Rows', run: plan }] : [])
  const cancel = useBulkCancel()
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
      {may && (
        <Button
          size="compact-sm"
          variant="default"
          loading={cancel.busy}
          onClick={() => void cancel.run(all ? { filter } : { deliveryIds: [...ids] }, clear)}
        >
          Cancel…
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

/** Cancels the open deliveries among the selected ones, after asking for a reason. */
function useBulkCancel() {
  const action = useAction(CancelDeliveries, {
    failed: 'Not cancelled',
    confirm: () => ({
      title: 'Cancel the selected deliveries?',
      body: 'No further attempt is made for those that are open. They can still be replayed.',
      confirm: 'Cancel the deliveries',
      cancel: 'Leave them',
      danger: true,
      ask: { label: 'Reason', placeholder: 'Stored in the audit trail', required: true },
    }),
    withText: ({ input }, reason) => ({ input: { ...input, reason } }),
    done: ({ cancelDeliveries: { cancelled, alreadyFinal, beingSent, hasMore } }) => ({
      tone: hasMore || beingSent > 0 ? 'warn' : 'good',
      title: `${number.format(cancelled)} cancelled.`,
      detail: [
        alreadyFinal > 0 && `${number.format(alreadyFinal)} were final already.`,
        beingSent > 0 && `${number.format(beingSent)} were being sent.`,
        hasMore && 'More match: cancel them again.',
      ]
        .filter(Boolean)
        .join(' '),
    }),
    refetch: ['DeliveryList', 'CurrentDeliveries'],
  })
  return {
    busy: action.busy,
    async run(selection: Pick<CancelDeliveriesInput, 'deliveryIds' | 'filter'>, done: () => void) {
      if (await action.run({ input: { ...selection, reason: '' } })) done()
    },
  }
}

/** Replays every dead letter that matches the filter, without selecting rows first. */
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
