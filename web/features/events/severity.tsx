import type { Severity } from '@/lib/graphql.ts'
import { CrossIcon, FlameIcon, InfoIcon, RetryIcon } from '@/ui/icons.tsx'
import { Tone, type ToneColor } from '@/ui/Tone.tsx'

/** How a severity reads and looks, ascending. */
export const SEVERITIES = {
  INFO: { label: 'Info', tone: 'blue', icon: InfoIcon },
  WARNING: { label: 'Warning', tone: 'yellow', icon: RetryIcon },
  ERROR: { label: 'Error', tone: 'orange', icon: CrossIcon },
  CRITICAL: { label: 'Critical', tone: 'red', icon: FlameIcon },
} as const satisfies Record<Severity, { label: string; tone: ToneColor; icon: typeof InfoIcon }>

export function SeverityBadge({ severity }: { severity: Severity }) {
  const { label, tone, icon: Icon } = SEVERITIES[severity]
  return (
    <Tone tone={tone} icon={<Icon size={12} />} strong={severity === 'CRITICAL'}>
      {label}
    </Tone>
  )
}
