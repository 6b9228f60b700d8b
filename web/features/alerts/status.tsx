import type { AlertChange, AlertStatus, EvaluationOutcome } from '@/lib/graphql.ts'
import { Badge, type Tone } from '@/ui/Badge.tsx'
import { Time } from '@/ui/Time.tsx'

interface Word {
  label: string
  glyph: string
  tone: Tone
}

/** The words, shapes and colours of an alert's states, the most urgent first. */
export const STATUSES = {
  FIRING: { label: 'Firing', glyph: '▲', tone: 'dead' },
  ACKNOWLEDGED: { label: 'Acknowledged', glyph: '◐', tone: 'held' },
  RESOLVED: { label: 'Resolved', glyph: '✓', tone: 'arrived' },
} as const satisfies Record<AlertStatus, Word>

export const CHANGES = {
  RAISED: { label: 'Raised', glyph: '▲', tone: 'dead' },
  REPEATED: { label: 'Notified again', glyph: '▲', tone: 'dead' },
  ACKNOWLEDGED: { label: 'Acknowledged', glyph: '◐', tone: 'held' },
  SILENCED: { label: 'Silenced', glyph: '‖', tone: 'cancelled' },
  RESOLVED: { label: 'Resolved', glyph: '✓', tone: 'arrived' },
} as const satisfies Record<AlertChange, Word>

export const OUTCOMES = {
  BELOW_THRESHOLD: { label: 'Below threshold', glyph: '–', tone: 'cancelled' },
  RAISED: { label: 'Raised', glyph: '▲', tone: 'dead' },
  REPEATED: { label: 'Notified again', glyph: '▲', tone: 'dead' },
  STILL_FIRING: { label: 'Still firing', glyph: '◔', tone: 'retrying' },
  SILENCED: { label: 'Silenced', glyph: '‖', tone: 'held' },
  RESOLVED: { label: 'Resolved', glyph: '✓', tone: 'arrived' },
} as const satisfies Record<EvaluationOutcome, Word>

export function AlertStatusBadge({ status }: { status: AlertStatus }) {
  const { label, glyph, tone } = STATUSES[status]
  return (
    <Badge tone={tone} glyph={glyph} plain={status === 'RESOLVED'}>
      {label}
    </Badge>
  )
}

export function ChangeBadge({ change }: { change: AlertChange }) {
  const { label, glyph, tone } = CHANGES[change]
  return (
    <Badge tone={tone} glyph={glyph} plain={tone === 'arrived' || tone === 'cancelled'}>
      {label}
    </Badge>
  )
}

export function OutcomeBadge({ outcome }: { outcome: EvaluationOutcome }) {
  const { label, glyph, tone } = OUTCOMES[outcome]
  return (
    <Badge tone={tone} glyph={glyph} plain={tone === 'arrived' || tone === 'cancelled'}>
      {label}
    </Badge>
  )
}

/** That a silence holds the notifications of an open alert, and until when. */
export function SilencedMark({ silence }: { silence: { endsAt: string } }) {
  return (
    <span title="A silence holds its notifications">
      ‖ silenced, ends <Time at={silence.endsAt} show="age" />
    </span>
  )
}
