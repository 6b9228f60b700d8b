import type { ActivityKind, LeadStatus } from '@/lib/graphql.ts'
import { StateBadge, type StateStyle } from '@/ui/values/Badge.tsx'

export const STATUSES = {
  NEW: { label: 'New', glyph: '○', tone: 'waiting' },
  CONTACTED: { label: 'Contacted', glyph: '◔', tone: 'held' },
  QUALIFIED: { label: 'Qualified', glyph: '↻', tone: 'recovered' },
  WON: { label: 'Won', glyph: '●', tone: 'arrived' },
  LOST: { label: 'Lost', glyph: '–', tone: 'cancelled' },
} as const satisfies Record<LeadStatus, StateStyle>

/** In the usual order of a lead's states. */
export const STATUS_ORDER = ['NEW', 'CONTACTED', 'QUALIFIED', 'WON', 'LOST'] as const satisfies readonly LeadStatus[]

export const KINDS: Record<ActivityKind, string> = { CALL: 'Call', EMAIL: 'Mail', MEETING: 'Meeting', NOTE: 'Note' }

export function LeadStatusBadge({ status }: { status: LeadStatus }) {
  return <StateBadge state={STATUSES[status]} />
}
