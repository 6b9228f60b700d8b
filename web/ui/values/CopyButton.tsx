'use client'

import { ActionIcon, Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import { copyText } from '@/lib/clipboard.ts'
import { CheckIcon, CopyIcon, CrossIcon, LinkIcon } from '../icons.tsx'

const SHOWN_MS = 1_500

interface CopyButtonProps {
  text: string | (() => string)
  /** What is copied, such as "the id". It is part of the accessible name. */
  what: string
  compact?: boolean
  /** The text is a link: shows a matching icon. */
  link?: boolean
}

/** Copies a text and confirms it briefly. */
export function CopyButton({ text, what, compact = false, link = false }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'copied' | 'failed' | null>(null)
  useEffect(() => {
    if (!outcome) return
    const timer = setTimeout(() => setOutcome(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = async () =>
    setOutcome((await copyText(typeof text === 'function' ? text() : text)) ? 'copied' : 'failed')
  const Icon = outcome === 'copied' ? CheckIcon : outcome === 'failed' ? CrossIcon : link ? LinkIcon : CopyIcon
  const label = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Could not copy' : `Copy ${what}`
  return compact ? (
    <ActionIcon variant="subtle" color="gray" size={26} onClick={copy} aria-label={label} title={label}>
      <Icon size={14} />
    </ActionIcon>
  ) : (
    <Button variant="default" size="compact-xs" leftSection={<Icon size={13} />} onClick={copy}>
      {label}
    </Button>
  )
}
