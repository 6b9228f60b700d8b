import type { HealthStatus } from '@/lib/graphql.ts'
import { type BadgeLook, LookBadge } from '../values/Badge.tsx'

/** Each status of health in words, as a shape and in its colours. */
export const HEALTH = {
  OK: { label: 'OK', glyph: '●', tone: 'arrived' },
  DEGRADED: { label: 'Degraded', glyph: '◔', tone: 'retrying' },
  DOWN: { label: 'Down', glyph: '✕', tone: 'dead' },
  UNKNOWN: { label: 'Unknown', glyph: '○', tone: 'cancelled' },
} as const satisfies Record<HealthStatus, BadgeLook>

/** How something is doing, as a shape, a word and a colour. */
export function HealthDot({ status }: { status: HealthStatus }) {
  return <LookBadge look={HEALTH[status]} plain={status === 'OK' || status === 'UNKNOWN'} />
}
