import type { Severity } from '@/lib/graphql.ts'
import { type BadgeLook, LookBadge } from '@/ui/values/Badge.tsx'

/** The words, shapes and colours of severities, ascending. */
export const SEVERITIES = {
  INFO: { label: 'Info', glyph: '○', tone: 'waiting' },
  WARNING: { label: 'Warning', glyph: '△', tone: 'held' },
  ERROR: { label: 'Error', glyph: '◆', tone: 'retrying' },
  CRITICAL: { label: 'Critical', glyph: '✕', tone: 'dead' },
} as const satisfies Record<Severity, BadgeLook>

export function SeverityBadge({ severity }: { severity: Severity }) {
  return <LookBadge look={SEVERITIES[severity]} plain={severity === 'INFO'} />
}
