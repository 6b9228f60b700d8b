import { Badge, type Tone } from './Badge.tsx'

/** The words and shapes of a delivery's state. Each word has one meaning everywhere. */
export const STATES = {
  arrived: { label: 'Arrived', glyph: '●', tone: 'arrived' },
  waiting: { label: 'Waiting', glyph: '○', tone: 'waiting' },
  held: { label: 'Held', glyph: '‖', tone: 'held' },
  retrying: { label: 'Retrying', glyph: '◔', tone: 'retrying' },
  dead: { label: 'Dead letter', glyph: '✕', tone: 'dead' },
  recovered: { label: 'Recovered', glyph: '↻', tone: 'recovered' },
  cancelled: { label: 'Cancelled', glyph: '–', tone: 'cancelled' },
} as const satisfies Record<string, { label: string; glyph: string; tone: Tone }>

export type State = keyof typeof STATES

/** `detail`: what is added to the word, such as why a delivery is held. */
export function StatusBadge({ state, detail }: { state: State; detail?: string | null }) {
  const { label, glyph, tone } = STATES[state]
  return (
    <Badge tone={tone} glyph={glyph} plain={state === 'arrived'} title={detail ? `${label}: ${detail}` : undefined}>
      {label}
      {detail && `: ${detail}`}
    </Badge>
  )
}
