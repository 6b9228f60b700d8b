import type { DeliveryStatus, ErrorKind, HoldReason } from '@/lib/graphql.ts'
import { CheckIcon, ClockIcon, CrossIcon, RetryIcon, StopIcon } from '@/ui/icons.tsx'
import { Tone, type ToneColor } from '@/ui/Tone.tsx'

/** How a status reads and looks, in the order the filter shows them. */
export const STATUSES = {
  DELIVERED: { label: 'Delivered', tone: 'teal', icon: CheckIcon },
  FAILED: { label: 'Failed', tone: 'orange', icon: RetryIcon },
  PENDING: { label: 'Pending', tone: 'blue', icon: ClockIcon },
  DEAD_LETTER: { label: 'Dead letter', tone: 'red', icon: CrossIcon },
  CANCELLED: { label: 'Cancelled', tone: 'gray', icon: StopIcon },
} as const satisfies Record<DeliveryStatus, { label: string; tone: ToneColor; icon: typeof CheckIcon }>

export function StatusBadge({ status }: { status: DeliveryStatus }) {
  const { label, tone, icon: Icon } = STATUSES[status]
  return (
    <Tone tone={tone} icon={<Icon size={12} />}>
      {label}
    </Tone>
  )
}

/** No further attempt will be made. */
export const isFinal = (status: DeliveryStatus): boolean => status !== 'PENDING' && status !== 'FAILED'

/** Why a waiting delivery is not being sent now, in words. */
export const HOLD_REASONS: Record<HoldReason, string> = {
  WEBHOOK_PAUSED: 'webhook paused',
  WEBHOOK_DISABLED: 'webhook disabled',
  CIRCUIT_OPEN: 'circuit open',
  RATE_LIMITED: 'rate limit',
  CONCURRENCY_LIMITED: 'concurrency limit',
}

export const ERROR_KINDS: Record<ErrorKind, string> = {
  DNS: 'Name not resolved',
  CONNECT: 'No connection',
  TLS: 'TLS failed',
  TIMEOUT: 'Timed out',
  HTTP_4XX: 'Refused (4xx)',
  HTTP_429: 'Too many requests (429)',
  HTTP_5XX: 'Receiver failed (5xx)',
  REDIRECT: 'Redirected',
  BLOCKED_ADDRESS: 'Blocked address',
  BODY_TOO_LARGE: 'Answer too large',
  INTERNAL: 'Internal error',
}
