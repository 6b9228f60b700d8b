'use client'

import { Select } from '@mantine/core'
import { useTenantParam } from '@/lib/filters.ts'
import { labelOf } from './choices.ts'
import { useViewerState } from './viewer.tsx'

/** Narrows every page to one tenant, for those who see several. */
export function TenantSelect() {
  const { viewer } = useViewerState()
  const [tenant, setTenant] = useTenantParam()
  if (!viewer || viewer.tenantId !== null) return null
  const known = viewer.tenants.map((one) => ({ value: one.id, label: labelOf(one) }))
  // A tenant that only the URL knows stays visible, so that one sees why the lists are empty.
  const data =
    tenant === null || known.some(({ value }) => value === tenant)
      ? known
      : [...known, { value: tenant, label: tenant }]
  return (
    <Select
      size="xs"
      w={{ base: '100%', md: 190 }}
      aria-label="Tenant"
      placeholder="All tenants"
      clearable
      clearButtonProps={{ 'aria-label': 'All tenants' }}
      searchable={known.length > 8}
      data={data}
      value={tenant}
      onChange={(value) => void setTenant(value)}
      nothingFoundMessage="No such tenant"
      comboboxProps={{ withinPortal: true }}
    />
  )
}

/** The tenant that lists are narrowed to: the one picked, or none where the session is bound to one anyway. */
export function useTenantFilter(): string | null {
  const { viewer } = useViewerState()
  const [tenant] = useTenantParam()
  return viewer && viewer.tenantId === null ? tenant : null
}
