import type { Severity } from '@/lib/graphql.ts'
import { StateBadge, type StateStyle } from '@/ui/values/Badge.tsx'

/** The words, shapes and colours of severities, ascending. */
export const SEVERITIES = {
  INFO: { label: 'Info', glyph: '○', tone: 'waiting' },
  WARNING: { label: 'Warning', glyph: '△', tone: 'held' },
  ERROR: { label: 'Error', glyph: '◆', tone: 'retrying' },
  CRITICAL: { label: 'Critical', glyph: '✕', tone: 'dead' },
} as const satisfies Record<Severity, StateStyle>

export function SeverityBadge({ severity }: { severity: Severity }) {
  return <StateBadge state={SEVERITIES[severity]} plain={severity === 'INFO'} />
}
