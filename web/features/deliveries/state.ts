import type { DeliveryFilter, DeliveryStatus, ErrorKind, HoldReason } from '@/lib/graphql.ts'
import type { State } from '@/ui/values/StatusBadge.tsx'

interface Delivery {
  status: DeliveryStatus
  holdReason?: HoldReason | null
  recoveredBy?: { id: string } | null
}

/** The status that the console shows for a delivery. */
export function stateOf({ status, holdReason, recoveredBy }: Delivery): State {
  switch (status) {
    case 'DELIVERED':
      return 'arrived'
    case 'DEAD_LETTER':
      return recoveredBy ? 'recovered' : 'dead'
    case 'CANCELLED':
      return recoveredBy ? 'recovered' : 'cancelled'
    case 'FAILED':
      return holdReason ? 'held' : 'retrying'
    case 'PENDING':
      return holdReason ? 'held' : 'waiting'
  }
}

/** Whether no further attempt will be made. */
export const isFinal = (status: DeliveryStatus): boolean => status !== 'PENDING' && status !== 'FAILED'

const HELD: readonly HoldReason[] = [
  'CIRCUIT_OPEN',
  'WEBHOOK_PAUSED',
  'WEBHOOK_DISABLED',
  'RATE_LIMITED',
  'CONCURRENCY_LIMITED',
]

/** The API filter that lists the deliveries of a status. */
export const FILTER_OF_STATE: Record<State, DeliveryFilter> = {
  arrived: { statuses: ['DELIVERED'] },
  waiting: { statuses: ['PENDING'] },
  held: { holdReasons: [...HELD] },
  retrying: { statuses: ['FAILED'] },
  dead: { recovered: false },
  recovered: { recovered: true },
  cancelled: { statuses: ['CANCELLED'] },
}

/** Label of a hold reason. */
export const HOLD_REASONS: Record<HoldReason, string> = {
  WEBHOOK_PAUSED: 'paused',
  WEBHOOK_DISABLED: 'disabled',
  CIRCUIT_OPEN: 'circuit open',
  RATE_LIMITED: 'rate limit',
  CONCURRENCY_LIMITED: 'concurrency limit',
}

/** Explains in a sentence why a delivery waits and what releases it. */
export const HOLD_ADVICE: Record<HoldReason, string> = {
  WEBHOOK_PAUSED: 'Its webhook is paused. It is sent when the webhook is resumed.',
  WEBHOOK_DISABLED: 'Its webhook is disabled. It is sent when the webhook is resumed.',
  CIRCUIT_OPEN:
    'Its receiver failed repeatedly. A probe detects when the receiver is back; then it is sent automatically.',
  RATE_LIMITED: 'Its webhook has reached its rate limit. It is sent in turn.',
  CONCURRENCY_LIMITED: 'Its webhook has reached its concurrency limit. It is sent in turn.',
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
  BODY_TOO_LARGE: 'Response too large',
  INTERNAL: 'Internal error',
}

/** Describes an error: "No connection", or the HTTP status ("503") if there was a response. */
export const errorName = (kind: ErrorKind, statusCode?: number | null): string =>
  statusCode && kind.startsWith('HTTP_') ? `HTTP ${statusCode}` : ERROR_KINDS[kind]
