'use client'

import { Select, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { labelOf } from './choices.ts'
import { chooseTenant, pathInOtherTenant } from './choose-tenant.ts'
import classes from './TenantSwitch.module.css'
import { useViewerState, type Viewer } from './viewer.tsx'

/** The tenants to switch between, that of the page among them, where there is another. */
function tenantsOf({ tenantId, tenants }: Viewer): readonly { id: string; name: string }[] {
  if (tenantId === null || tenants.every(({ id }) => id === tenantId)) return []
  // One that nothing was published for yet is not told of.
  return tenants.some(({ id }) => id === tenantId) ? tenants : [{ id: tenantId, name: tenantId }, ...tenants]
}

/** In which of their tenants somebody of several works, and the way to another. */
export function TenantSwitch() {
  const { viewer } = useViewerState()
  const [going, setGoing] = useState<string | null>(null)
  const tenants = viewer ? tenantsOf(viewer) : []
  if (!viewer || tenants.length === 0) return null
  const data = tenants.map((tenant) => ({ value: tenant.id, label: labelOf(tenant) }))
  const value = going ?? viewer.tenantId
  const change = async (tenantId: string | null) => {
    if (tenantId === null || tenantId === viewer.tenantId) return
    setGoing(tenantId)
    if (await chooseTenant(tenantId, pathInOtherTenant(window.location.pathname, window.location.search))) return
    setGoing(null)
    notifications.show({
      color: 'red',
      title: `You are still in ${viewer.tenantId}`,
      message: 'The server did not take the choice. Try again.',
    })
  }
  return (
    <Select
      size="xs"
      w={{ base: '100%', md: 190 }}
      aria-label="Tenant"
      title={data.find((one) => one.value === value)?.label}
      allowDeselect={false}
      searchable={data.length > 8}
      data={data}
      value={value}
      onChange={(tenantId) => void change(tenantId)}
      disabled={going !== null}
      nothingFoundMessage="No such tenant"
      withAlignedLabels
      comboboxProps={{ withinPortal: true, width: 288, position: 'bottom-end' }}
      classNames={{ input: classes.input, option: classes.option }}
    />
  )
}

/** The tenant that a page shows, for a header that has no room for the switch. */
export function TenantName() {
  const { viewer } = useViewerState()
  const tenant = viewer && tenantsOf(viewer).find(({ id }) => id === viewer.tenantId)
  if (!tenant) return null
  return (
    <>
      <Text size="xs" fw={600} truncate title={tenant.name}>
        {tenant.name}
      </Text>
      {/* Two may have the same name. */}
      {tenant.name !== tenant.id && (
        <Text size="xs" c="dimmed" truncate>
          {tenant.id}
        </Text>
      )}
    </>
  )
}
