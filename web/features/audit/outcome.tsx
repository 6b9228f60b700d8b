import type { AuditOutcome } from '@/lib/graphql.ts'
import { StateBadge, type StateStyle } from '@/ui/values/Badge.tsx'

export const OUTCOMES = {
  ALLOWED: { label: 'Done', glyph: '●', tone: 'arrived' },
  DENIED: { label: 'Denied', glyph: '✕', tone: 'dead' },
  FAILED: { label: 'Failed', glyph: '◔', tone: 'retrying' },
} as const satisfies Record<AuditOutcome, StateStyle>

export function OutcomeBadge({ outcome }: { outcome: AuditOutcome }) {
  return <StateBadge state={OUTCOMES[outcome]} plain={outcome === 'ALLOWED'} />
}
