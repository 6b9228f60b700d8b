import type { AlertChange, AlertStatus, EvaluationOutcome } from '@/lib/graphql.ts'
import { type BadgeLook, LookBadge } from '@/ui/values/Badge.tsx'
import { Time } from '@/ui/values/Time.tsx'

/** The words, shapes and colours of an alert's states, most urgent first. */
export const STATUSES = {
  FIRING: { label: 'Firing', glyph: '▲', tone: 'dead' },
  ACKNOWLEDGED: { label: 'Acknowledged', glyph: '◐', tone: 'held' },
  RESOLVED: { label: 'Resolved', glyph: '✓', tone: 'arrived' },
} as const satisfies Record<AlertStatus, BadgeLook>

export const CHANGES = {
  RAISED: { label: 'Raised', glyph: '▲', tone: 'dead' },
  REPEATED: { label: 'Notified again', glyph: '▲', tone: 'dead' },
  ACKNOWLEDGED: { label: 'Acknowledged', glyph: '◐', tone: 'held' },
  SILENCED: { label: 'Silenced', glyph: '‖', tone: 'cancelled' },
  RESOLVED: { label: 'Resolved', glyph: '✓', tone: 'arrived' },
} as const satisfies Record<AlertChange, BadgeLook>

export const OUTCOMES = {
  BELOW_THRESHOLD: { label: 'Below threshold', glyph: '–', tone: 'cancelled' },
  RAISED: { label: 'Raised', glyph: '▲', tone: 'dead' },
  REPEATED: { label: 'Notified again', glyph: '▲', tone: 'dead' },
  STILL_FIRING: { label: 'Still firing', glyph: '◔', tone: 'retrying' },
  SILENCED: { label: 'Silenced', glyph: '‖', tone: 'held' },
  RESOLVED: { label: 'Resolved', glyph: '✓', tone: 'arrived' },
} as const satisfies Record<EvaluationOutcome, BadgeLook>

export function AlertStatusBadge({ status }: { status: AlertStatus }) {
  return <LookBadge look={STATUSES[status]} plain={status === 'RESOLVED'} />
}

export function ChangeBadge({ change }: { change: AlertChange }) {
  const look = CHANGES[change]
  return <LookBadge look={look} plain={look.tone === 'arrived' || look.tone === 'cancelled'} />
}

export function OutcomeBadge({ outcome }: { outcome: EvaluationOutcome }) {
  const look = OUTCOMES[outcome]
  return <LookBadge look={look} plain={look.tone === 'arrived' || look.tone === 'cancelled'} />
}

/** Shows that a silence holds the notifications of an open alert, and until when. */
export function SilencedMark({ silence }: { silence: { endsAt: string } }) {
  return (
    <span title="A silence holds its notifications">
      ‖ silenced, ends <Time at={silence.endsAt} show="age" />
    </span>
  )
}
