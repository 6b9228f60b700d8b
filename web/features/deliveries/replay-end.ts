import type { DeliveryStatus, HoldReason } from '@/lib/graphql.ts'

/** What became of a replay, as a notification says it. */
export interface ReplayEnd {
  color: string
  title: string
  reason: string | null
}

/** What of a delivery tells how it stands. */
export interface Watched {
  status: DeliveryStatus
  holdReason?: HoldReason | null
  attemptCount: number
  lastError?: string | null
}

/** How a replay ended; null while its first attempt is still to come. */
export function replayEnd({ status, attemptCount, lastError }: Watched): ReplayEnd | null {
  const reason = lastError ?? null
  switch (status) {
    case 'DELIVERED':
      return { color: 'teal', title: 'Replay delivered', reason: null }
    case 'DEAD_LETTER':
      return { color: 'red', title: 'Replay failed: dead letter', reason }
    case 'CANCELLED':
      return { color: 'gray', title: 'Replay cancelled', reason }
    default:
      return attemptCount > 0 ? { color: 'orange', title: 'Replay failed, will be retried', reason } : null
  }
}
