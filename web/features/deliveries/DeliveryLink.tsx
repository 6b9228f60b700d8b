'use client'

import { Anchor } from '@mantine/core'
import { usePathname, useRouter } from 'next/navigation'
import { useQueryState } from 'nuqs'
import type { MouseEvent, ReactNode } from 'react'
import { openParser, useKeptPath } from '@/lib/filters.ts'

const PAGE = '/deliveries'

/** Opens a delivery's details: over the list as it is filtered now, or, from another page, over that of all of time. */
export function DeliveryLink({ id, children }: { id: string; children: ReactNode }) {
  const here = usePathname() === PAGE
  const router = useRouter()
  const [, open] = useQueryState('delivery', openParser)
  const href = useKeptPath()(PAGE, { window: 'all', delivery: id })
  const follow = (event: MouseEvent) => {
    // With a key held down it is the browser's: a new tab, a new window.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    if (here) void open(id)
    else router.push(href)
  }
  return (
    <Anchor href={href} onClick={follow} size="sm">
      {children}
    </Anchor>
  )
}
