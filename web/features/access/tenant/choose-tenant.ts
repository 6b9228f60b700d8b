import { leavePage } from '@/lib/leaving-page.ts'
import type { Choices } from './choices.ts'

/**
 * The tenants that the user can choose from. `nothing`: no choice is needed, or the user is not signed in, which the
 * pages handle. `away`: why the tenants are not available now.
 */
export type Offer = { choices: Choices } | { nothing: true } | { away: string }

export async function loadChoices(): Promise<Offer> {
  try {
    const response = await fetch('/session/tenant')
    if (response.status === 200) return { choices: await response.json() }
    if (response.status < 500) return { nothing: true }
    const { detail }: { detail?: string } = await response.json()
    return { away: detail ?? `The response had status ${response.status}.` }
  } catch {
    return { away: 'This page cannot reach its server.' }
  }
}

/**
 * Chooses a tenant and opens a page with a full load, so that no data of another tenant remains in memory. Resolves to
 * false on failure.
 */
export function chooseTenant(tenantId: string, next: string): Promise<boolean> {
  return leavePage(async () => {
    const response = await fetch('/session/tenant', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenantId }),
    })
    // A user whose session has expired is redirected to the sign-in page.
    if (!response.ok && response.status !== 401) return false
    window.location.assign(next)
    return true
  })
}

/** The same page for another tenant. The open row is removed, because it does not exist in the other tenant. */
export function pathInOtherTenant(pathname: string, search: string): string {
  const params = new URLSearchParams(search)
  for (const name of ['open', 'tenant']) params.delete(name)
  return params.size > 0 ? `${pathname}?${params}` : pathname
}
