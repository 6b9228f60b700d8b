import { Badge, type StateStyle } from './Badge.tsx'

/** Label and shape of each delivery status. A label means the same on every page. */
export const STATES = {
  arrived: { label: 'Arrived', glyph: '●', tone: 'arrived' },
  waiting: { label: 'Waiting', glyph: '○', tone: 'waiting' },
  held: { label: 'Held', glyph: '‖', tone: 'held' },
  retrying: { label: 'Retrying', glyph: '◔', tone: 'retrying' },
  dead: { label: 'Dead letter', glyph: '✕', tone: 'dead' },
  recovered: { label: 'Recovered', glyph: '↻', tone: 'recovered' },
  cancelled: { label: 'Cancelled', glyph: '–', tone: 'cancelled' },
} as const satisfies Record<string, StateStyle>

export type State = keyof typeof STATES

/** `detail`: text after the label, such as the hold reason. */
export function StatusBadge({ state, detail }: { state: State; detail?: string | null }) {
  const { label, glyph, tone } = STATES[state]
  return (
    <Badge tone={tone} glyph={glyph} plain={state === 'arrived'} title={detail ? `${label}: ${detail}` : undefined}>
      {label}
      {detail && `: ${detail}`}
    </Badge>
  )
}
