'use client'

import { Button, type ButtonProps } from '@mantine/core'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import type { DeliveryStatus } from '@/lib/graphql.ts'
import { ReplayIcon } from '@/ui/icons.tsx'
import { useReplays } from './replay.tsx'

interface ReplayButtonProps extends ButtonProps {
  delivery: { id: string; status: DeliveryStatus; eventType: string }
  onReplayed?: () => void
}

/** Sends a delivery's event again. Only for those who may, and not for what has arrived. */
export function ReplayButton({ delivery, onReplayed, ...props }: ReplayButtonProps) {
  const viewer = useViewer()
  const { replay, isUnderWay } = useReplays()
  if (delivery.status === 'DELIVERED' || !hasRole(viewer, 'OPERATOR')) return null
  const underWay = isUnderWay(delivery.id)
  const start = async () => {
    if (await replay(delivery.id)) onReplayed?.()
  }
  return (
    <Button
      variant="default"
      size="compact-xs"
      leftSection={<ReplayIcon size={13} />}
      {...props}
      disabled={underWay}
      onClick={start}
      aria-label={`${underWay ? 'Replay under way' : 'Replay'}: ${delivery.eventType}`}
    >
      {underWay ? 'Replaying' : 'Replay'}
    </Button>
  )
}
