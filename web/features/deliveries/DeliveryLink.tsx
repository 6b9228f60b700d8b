'use client'

import { Anchor, type AnchorProps } from '@mantine/core'
import Link from 'next/link'
import { usePathname, useSearchParams } from 'next/navigation'
import type { ReactNode } from 'react'

const PAGE = '/deliveries'

/** Opens a delivery's details: over the list as it is filtered now, or from another page over all of time. */
export function DeliveryLink({ id, children, ...props }: AnchorProps & { id: string; children: ReactNode }) {
  const here = usePathname() === PAGE
  const current = useSearchParams()
  const params = new URLSearchParams(here ? current : { window: 'all' })
  const tenant = current.get('tenant')
  if (tenant !== null) params.set('tenant', tenant)
  params.set('delivery', id)
  return (
    <Anchor component={Link} href={`${PAGE}?${params}`} scroll={false} {...props}>
      {children}
    </Anchor>
  )
}
