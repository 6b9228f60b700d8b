'use client'

import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useEffect, useState } from 'react'
import { copyText } from '@/lib/clipboard.ts'
import { CheckIcon, CopyIcon, CrossIcon } from './icons.tsx'

const SHOWN_MS = 1_500

/** Copies `text`; `what` names it for those who do not see where the button stands. */
export function CopyButton({ text, what, compact = false }: { text: string; what: string; compact?: boolean }) {
  const [outcome, setOutcome] = useState<'copied' | 'failed' | null>(null)
  useEffect(() => {
    if (!outcome) return
    const timer = setTimeout(() => setOutcome(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = async () => setOutcome((await copyText(text)) ? 'copied' : 'failed')
  const icon =
    outcome === 'copied' ? (
      <CheckIcon size={14} />
    ) : outcome === 'failed' ? (
      <CrossIcon size={14} />
    ) : (
      <CopyIcon size={14} />
    )
  const label = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Could not copy' : `Copy ${what}`
  if (compact) {
    return (
      <Tooltip label={label}>
        <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={label}>
          {icon}
        </ActionIcon>
      </Tooltip>
    )
  }
  return (
    <Button variant="default" size="compact-xs" leftSection={icon} onClick={copy}>
      {label}
    </Button>
  )
}
