import { StateBadge, type StateStyle } from '@/ui/values/Badge.tsx'

export type SilenceState = 'holds' | 'begins' | 'ended'

const WORDS = {
  holds: { label: 'Holds', glyph: '‖', tone: 'held' },
  begins: { label: 'To begin', glyph: '○', tone: 'waiting' },
  ended: { label: 'Ended', glyph: '–', tone: 'cancelled' },
} as const satisfies Record<SilenceState, StateStyle>

/** The state of a silence at `now`, in milliseconds. */
export function silenceState({ startsAt, endsAt }: { startsAt: string; endsAt: string }, now: number): SilenceState {
  if (Date.parse(endsAt) <= now) return 'ended'
  return Date.parse(startsAt) > now ? 'begins' : 'holds'
}

export function SilenceBadge({ state }: { state: SilenceState }) {
  return <StateBadge state={WORDS[state]} plain={state === 'ended'} />
}
