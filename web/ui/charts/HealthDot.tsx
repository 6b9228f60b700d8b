import type { HealthStatus } from '@/lib/graphql.ts'
import { type BadgeLook, LookBadge } from '../values/Badge.tsx'

/** The label, shape and colours of each health status. */
export const HEALTH = {
  OK: { label: 'OK', glyph: '●', tone: 'arrived' },
  DEGRADED: { label: 'Degraded', glyph: '◔', tone: 'retrying' },
  DOWN: { label: 'Down', glyph: '✕', tone: 'dead' },
  UNKNOWN: { label: 'Unknown', glyph: '○', tone: 'cancelled' },
} as const satisfies Record<HealthStatus, BadgeLook>

/** A health status as a shape, a label and a colour. */
export function HealthDot({ status }: { status: HealthStatus }) {
  return <LookBadge look={HEALTH[status]} plain={status === 'OK' || status === 'UNKNOWN'} />
}
