'use client'

import { useState } from 'react'
import { showToast } from '@/lib/actions/toasts.ts'
import { useTenantParam } from '@/lib/url.ts'
import { useViewerState, type Viewer } from '../viewer.tsx'
import { labelOf } from './choices.ts'
import { chooseTenant, pathInOtherTenant } from './choose-tenant.ts'
import classes from './TenantPicker.module.css'

/**
 * Selects the tenant whose rows the pages show. For a session without a tenant, the selection is a filter. An account
 * with several tenants switches between them with a full page load. A session bound to one tenant has no picker.
 */
export function TenantPicker() {
  const { viewer } = useViewerState()
  if (!viewer) return null
  if (viewer.tenantId === null) return <TenantFilter viewer={viewer} />
  const tenants = ownTenants(viewer)
  if (tenants.length > 1) return <TenantSwitch tenantId={viewer.tenantId} tenants={tenants} />
  return <span className={classes.bound}>{viewer.tenantId}</span>
}

function TenantFilter({ viewer }: { viewer: Viewer }) {
  const [tenant, setTenant] = useTenantParam()
  // A tenant that is named in the URL but does not exist stays visible, because it explains why lists are empty.
  const unknown = tenant !== null && viewer.tenants.every(({ id }) => id !== tenant)
  return (
    <select
      className={classes.select}
      aria-label="Tenant"
      value={tenant ?? ''}
      onChange={(event) => void setTenant(event.currentTarget.value || null)}
    >
      <option value="">All tenants</option>
      {viewer.tenants.map((one) => (
        <option key={one.id} value={one.id}>
          {labelOf(one)}
        </option>
      ))}
      {unknown && <option value={tenant}>{tenant} (unknown)</option>}
    </select>
  )
}

/** The tenants to switch between. The current tenant is added because the API lists only tenants with events. */
const ownTenants = ({ tenantId, tenants }: Viewer): readonly { id: string; name: string }[] =>
  tenantId === null || tenants.some(({ id }) => id === tenantId)
    ? tenants
    : [{ id: tenantId, name: tenantId }, ...tenants]

function TenantSwitch({ tenantId, tenants }: { tenantId: string; tenants: readonly { id: string; name: string }[] }) {
  const [going, setGoing] = useState<string | null>(null)
  const change = async (next: string) => {
    if (next === tenantId) return
    setGoing(next)
    if (await chooseTenant(next, pathInOtherTenant(window.location.pathname, window.location.search))) return
    setGoing(null)
    showToast({
      tone: 'bad',
      title: `You are still in ${tenantId}`,
      detail: 'The server did not accept the choice. Try again.',
    })
  }
  return (
    <select
      className={classes.select}
      aria-label="Tenant"
      value={going ?? tenantId}
      disabled={going !== null}
      onChange={(event) => void change(event.currentTarget.value)}
    >
      {tenants.map((one) => (
        <option key={one.id} value={one.id}>
          {labelOf(one)}
        </option>
      ))}
    </select>
  )
}
