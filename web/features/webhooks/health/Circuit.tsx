'use client'

import { useEffect, useState } from 'react'
import { span } from '@/lib/format/time.ts'
import { Badge } from '@/ui/values/Badge.tsx'

interface CircuitProps {
  state: 'ENABLED' | 'PAUSED' | 'DISABLED'
  circuit: 'CLOSED' | 'OPEN' | 'HALF_OPEN'
  nextProbeAt?: string | null
  disabledReason?: string | null
}

/**
 * Whether deliveries are sent: the webhook is paused or disabled, or the state of its circuit with the time until the
 * next probe.
 */
export function Circuit({ state, circuit, nextProbeAt, disabledReason }: CircuitProps) {
  if (state === 'DISABLED')
    return (
      <Badge tone="dead" glyph="✕" title={disabledReason ?? undefined}>
        Disabled
      </Badge>
    )
  if (state === 'PAUSED')
    return (
      <Badge tone="held" glyph="‖">
        Paused
      </Badge>
    )
  if (circuit === 'CLOSED') return null
  return (
    <Badge tone="dead" glyph="✕">
      {circuit === 'HALF_OPEN' ? 'Probing now' : 'Circuit open'}
      {circuit === 'OPEN' && nextProbeAt && <Countdown to={nextProbeAt} />}
    </Badge>
  )
}

/** ", probe in 24 s", counting down. */
function Countdown({ to }: { to: string }) {
  const [now, setNow] = useState<number | null>(null)
  useEffect(() => {
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  if (now === null) return null
  const left = Date.parse(to) - now
  return <>{left > 0 ? `, probe in ${span(left)}` : ', probe due'}</>
}
