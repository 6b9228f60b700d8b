import type { AuditOutcome } from '@/lib/graphql.ts'
import { Badge, type Tone } from '@/ui/Badge.tsx'

export const OUTCOMES = {
  ALLOWED: { label: 'Done', glyph: '●', tone: 'arrived' },
  DENIED: { label: 'Denied', glyph: '✕', tone: 'dead' },
  FAILED: { label: 'Failed', glyph: '◔', tone: 'retrying' },
} as const satisfies Record<AuditOutcome, { label: string; glyph: string; tone: Tone }>

export function OutcomeBadge({ outcome }: { outcome: AuditOutcome }) {
  const { label, glyph, tone } = OUTCOMES[outcome]
  return (
    <Badge tone={tone} glyph={glyph} plain={outcome === 'ALLOWED'}>
      {label}
    </Badge>
  )
}
