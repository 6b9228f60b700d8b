import type { BulkReplayRowFragment } from '@/lib/graphql.ts'
import { Badge } from '@/ui/values/Badge.tsx'
import { STATUSES } from './words.ts'

export function ReplayStatus({
  replay: { status, paused },
}: {
  replay: Pick<BulkReplayRowFragment, 'status' | 'paused'>
}) {
  const { label, glyph, tone } = STATUSES[status]
  return status === 'RUNNING' && paused ? (
    <Badge tone="held" glyph="‖">
      Paused
    </Badge>
  ) : (
    <Badge tone={tone} glyph={glyph} plain={status === 'COMPLETED'}>
      {label}
    </Badge>
  )
}
