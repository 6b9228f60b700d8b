import type { AuditOutcome } from '@/lib/graphql.ts'
import { type BadgeLook, LookBadge } from '@/ui/values/Badge.tsx'

export const OUTCOMES = {
  ALLOWED: { label: 'Done', glyph: '●', tone: 'arrived' },
  DENIED: { label: 'Denied', glyph: '✕', tone: 'dead' },
  FAILED: { label: 'Failed', glyph: '◔', tone: 'retrying' },
} as const satisfies Record<AuditOutcome, BadgeLook>

export function OutcomeBadge({ outcome }: { outcome: AuditOutcome }) {
  return <LookBadge look={OUTCOMES[outcome]} plain={outcome === 'ALLOWED'} />
}
