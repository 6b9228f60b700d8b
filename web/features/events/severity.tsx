import type { Severity } from '@/lib/graphql.ts'
import { StateBadge, type StateStyle } from '@/ui/values/Badge.tsx'

/** The label, shape and colour of each severity, in ascending order. */
export const SEVERITIES = {
  INFO: { label: 'Info', glyph: '○', tone: 'waiting' },
  WARNING: { label: 'Warning', glyph: '△', tone: 'held' },
  ERROR: { label: 'Error', glyph: '◆', tone: 'retrying' },
  CRITICAL: { label: 'Critical', glyph: '✕', tone: 'dead' },
} as const satisfies Record<Severity, StateStyle>

export function SeverityBadge({ severity }: { severity: Severity }) {
  return <StateBadge state={SEVERITIES[severity]} plain={severity === 'INFO'} />
}
