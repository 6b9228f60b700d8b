import { Badge, type Tone } from '@/ui/Badge.tsx'

export type SilenceState = 'holds' | 'begins' | 'ended'

const WORDS = {
  holds: { label: 'Holds', glyph: '‖', tone: 'held' },
  begins: { label: 'To begin', glyph: '○', tone: 'waiting' },
  ended: { label: 'Ended', glyph: '–', tone: 'cancelled' },
} as const satisfies Record<SilenceState, { label: string; glyph: string; tone: Tone }>

/** Where a silence is in its life at `now`, in milliseconds. */
export function silenceState({ startsAt, endsAt }: { startsAt: string; endsAt: string }, now: number): SilenceState {
  if (Date.parse(endsAt) <= now) return 'ended'
  return Date.parse(startsAt) > now ? 'begins' : 'holds'
}

export function SilenceBadge({ state }: { state: SilenceState }) {
  const { label, glyph, tone } = WORDS[state]
  return (
    <Badge tone={tone} glyph={glyph} plain={state === 'ended'}>
      {label}
    </Badge>
  )
}
