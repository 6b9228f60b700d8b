'use client'

import { useState } from 'react'
import { showToast } from '@/lib/toasts.ts'
import { useTenantParam } from '@/lib/url.ts'
import { labelOf } from './choices.ts'
import { chooseTenant, pathInOtherTenant } from './choose-tenant.ts'
import classes from './TenantPicker.module.css'
import { useViewerState, type Viewer } from './viewer.tsx'

/**
 * Whose rows the pages show. An unbound session narrows its pages to a tenant; an account of several tenants works in one of them
 * and switches to another by a full load. A session that is bound to one tenant has nothing to pick.
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
  // A tenant that only the URL names stays visible: it explains why the lists are empty.
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

/** The tenants to switch between, the page's own among them: the API does not list one without events. */
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
      detail: 'The server did not take the choice. Try again.',
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
