import type { Severity } from '@/lib/graphql.ts'
import { Badge, type Tone } from '@/ui/Badge.tsx'

/** The words, shapes and colours of severities, ascending. */
export const SEVERITIES = {
  INFO: { label: 'Info', glyph: '○', tone: 'waiting' },
  WARNING: { label: 'Warning', glyph: '△', tone: 'held' },
  ERROR: { label: 'Error', glyph: '◆', tone: 'retrying' },
  CRITICAL: { label: 'Critical', glyph: '✕', tone: 'dead' },
} as const satisfies Record<Severity, { label: string; glyph: string; tone: Tone }>

export function SeverityBadge({ severity }: { severity: Severity }) {
  const { label, glyph, tone } = SEVERITIES[severity]
  return (
    <Badge tone={tone} glyph={glyph} plain={severity === 'INFO'}>
      {label}
    </Badge>
  )
}
