import type { HealthStatus } from '@/lib/graphql.ts'
import { StateBadge, type StateStyle } from '../values/Badge.tsx'

/** The label, shape and colours of each health status. */
export const HEALTH = {
  OK: { label: 'OK', glyph: '●', tone: 'arrived' },
  DEGRADED: { label: 'Degraded', glyph: '◔', tone: 'retrying' },
  DOWN: { label: 'Down', glyph: '✕', tone: 'dead' },
  UNKNOWN: { label: 'Unknown', glyph: '○', tone: 'cancelled' },
} as const satisfies Record<HealthStatus, StateStyle>

/** A health status as a shape, a label and a colour. */
export function HealthDot({ status }: { status: HealthStatus }) {
  return <StateBadge state={HEALTH[status]} plain={status === 'OK' || status === 'UNKNOWN'} />
}
