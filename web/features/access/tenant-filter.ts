'use client'

import { useTenantParam } from '@/lib/url.ts'
import { useViewerState } from './viewer.tsx'

/** The tenant that lists are narrowed to: the one picked, or none for a session that is bound to one. */
export function useTenantFilter(): string | null {
  const { viewer } = useViewerState()
  const [tenant] = useTenantParam()
  return viewer && viewer.tenantId === null ? tenant : null
}
