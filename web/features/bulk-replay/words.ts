import type { BulkReplayRowFragment, BulkReplayStatus, SkipReason } from '@/lib/graphql.ts'
import type { StateStyle } from '@/ui/values/Badge.tsx'

export const STATUSES = {
  DRY_RUN: { label: 'Preview', glyph: '○', tone: 'cancelled' },
  RUNNING: { label: 'Running', glyph: '◔', tone: 'waiting' },
  COMPLETED: { label: 'Completed', glyph: '●', tone: 'arrived' },
  CANCELLED: { label: 'Stopped', glyph: '–', tone: 'cancelled' },
  FAILED: { label: 'Failed', glyph: '✕', tone: 'dead' },
} as const satisfies Record<BulkReplayStatus, StateStyle>

/** Texts that follow a count: "3 already recovered". */
export const SKIP_REASONS: Record<SkipReason, string> = {
  NOT_FOUND: 'not found',
  ALREADY_DELIVERED: 'already arrived',
  ALREADY_RECOVERED: 'already recovered',
  REPLAY_UNDER_WAY: 'with a replay in progress',
  STILL_OPEN: 'still waiting or being sent',
  EXPIRED: 'expired',
  WEBHOOK_DISABLED: 'to a disabled webhook',
  WEBHOOK_UNHEALTHY: 'to a webhook that is down',
  UNLIKELY: 'unlikely to arrive',
  CANARY_FAILED: 'because the canary failed',
  STOPPED: 'because too many failed in a row with the same error',
  CANCELLED: 'because it was stopped',
}

/** Reasons that `force` overrides. */
const FORCEABLE: readonly SkipReason[] = ['ALREADY_DELIVERED', 'ALREADY_RECOVERED', 'REPLAY_UNDER_WAY']

type Skips = readonly { reason: SkipReason; count: number }[]

export const forceable = (skips: Skips): number =>
  skips.reduce((sum, { reason, count }) => sum + (FORCEABLE.includes(reason) ? count : 0), 0)

const number = new Intl.NumberFormat('en')

export const counted = (count: number): string => number.format(count)

/** "3 unlikely to arrive, 1 expired". */
export const skipsText = (skips: Skips): string =>
  skips.map(({ reason, count }) => `${number.format(count)} ${SKIP_REASONS[reason]}`).join(', ')

/** "about 97" while deliveries are still being selected, then "97". */
export const totalText = ({ total, isSelected }: Pick<BulkReplayRowFragment, 'total' | 'isSelected'>): string =>
  `${isSelected ? '' : 'about '}${number.format(total)}`

export const actorText = ({ name, id }: { name?: string | null; id: string }): string => name ?? id

/** The criteria of a stored DeliveryFilter: "webhookIds: whk_1, whk_2; recovered: false". */
export function filterText(filter: unknown): string | null {
  if (typeof filter !== 'object' || filter === null) return null
  return Object.entries(filter)
    .filter(([key, value]) => value !== null && !(key === 'window' && value === 'ALL'))
    .map(([key, value]) => `${key}: ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join('; ')
}
