'use client'

import { useTenantParam } from '@/lib/url.ts'
import { useViewerState } from '../viewer.tsx'

/** The tenant filter of lists; null for all tenants and for a session bound to one tenant. */
export function useTenantFilter(): string | null {
  const { viewer } = useViewerState()
  const [tenant] = useTenantParam()
  return viewer && viewer.tenantId === null ? tenant : null
}
