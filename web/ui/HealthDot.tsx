import type { HealthStatus } from '@/lib/graphql.ts'
import { Badge, type Tone } from './Badge.tsx'

/** Each status of health in words, as a shape and in its colours. */
export const HEALTH = {
  OK: { label: 'OK', glyph: '●', tone: 'arrived' },
  DEGRADED: { label: 'Degraded', glyph: '◔', tone: 'retrying' },
  DOWN: { label: 'Down', glyph: '✕', tone: 'dead' },
  UNKNOWN: { label: 'Unknown', glyph: '○', tone: 'cancelled' },
} as const satisfies Record<HealthStatus, { label: string; glyph: string; tone: Tone }>

/** How something is doing, as a shape, a word and a colour. */
export function HealthDot({ status }: { status: HealthStatus }) {
  const { label, glyph, tone } = HEALTH[status]
  return (
    <Badge tone={tone} glyph={glyph} plain={status === 'OK' || status === 'UNKNOWN'}>
      {label}
    </Badge>
  )
}
