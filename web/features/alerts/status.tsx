import type { AlertChange, AlertStatus, EvaluationOutcome } from '@/lib/graphql.ts'
import { StateBadge, type StateStyle } from '@/ui/values/Badge.tsx'
import { Time } from '@/ui/values/Time.tsx'

/** The words, shapes and colours of an alert's states, most urgent first. */
export const STATUSES = {
  FIRING: { label: 'Firing', glyph: '▲', tone: 'dead' },
  ACKNOWLEDGED: { label: 'Acknowledged', glyph: '◐', tone: 'held' },
  RESOLVED: { label: 'Resolved', glyph: '✓', tone: 'arrived' },
} as const satisfies Record<AlertStatus, StateStyle>

export const CHANGES = {
  RAISED: { label: 'Raised', glyph: '▲', tone: 'dead' },
  REPEATED: { label: 'Notified again', glyph: '▲', tone: 'dead' },
  ACKNOWLEDGED: { label: 'Acknowledged', glyph: '◐', tone: 'held' },
  SILENCED: { label: 'Silenced', glyph: '‖', tone: 'cancelled' },
  RESOLVED: { label: 'Resolved', glyph: '✓', tone: 'arrived' },
} as const satisfies Record<AlertChange, StateStyle>

export const OUTCOMES = {
  BELOW_THRESHOLD: { label: 'Below threshold', glyph: '–', tone: 'cancelled' },
  RAISED: { label: 'Raised', glyph: '▲', tone: 'dead' },
  REPEATED: { label: 'Notified again', glyph: '▲', tone: 'dead' },
  STILL_FIRING: { label: 'Still firing', glyph: '◔', tone: 'retrying' },
  SILENCED: { label: 'Silenced', glyph: '‖', tone: 'held' },
  RESOLVED: { label: 'Resolved', glyph: '✓', tone: 'arrived' },
} as const satisfies Record<EvaluationOutcome, StateStyle>

export function AlertStatusBadge({ status }: { status: AlertStatus }) {
  return <StateBadge state={STATUSES[status]} plain={status === 'RESOLVED'} />
}

export function ChangeBadge({ change }: { change: AlertChange }) {
  const state = CHANGES[change]
  return <StateBadge state={state} plain={state.tone === 'arrived' || state.tone === 'cancelled'} />
}

export function OutcomeBadge({ outcome }: { outcome: EvaluationOutcome }) {
  const state = OUTCOMES[outcome]
  return <StateBadge state={state} plain={state.tone === 'arrived' || state.tone === 'cancelled'} />
}

/**
 * Shows that a silence suppresses the notifications of an open alert, and until when. `silence` is null if the viewer may
 * not see the silence.
 */
export function SilencedMark({ silence }: { silence: { endsAt: string } | null | undefined }) {
  if (!silence) return <span title="A silence of the installation suppresses its notifications">‖ silenced</span>
  return (
    <span title="A silence suppresses its notifications">
      ‖ silenced, ends <Time at={silence.endsAt} show="age" />
    </span>
  )
}
