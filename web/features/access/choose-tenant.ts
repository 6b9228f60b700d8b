import type { Choices } from './choices.ts'

/** What there is to choose from; `nothing`: no choice is needed, or nobody is signed in, which the pages see to; `away`: why that is not known yet. */
export type Offer = { choices: Choices } | { nothing: true } | { away: string }

export async function loadChoices(): Promise<Offer> {
  try {
    const response = await fetch('/session/tenant')
    if (response.status === 200) return { choices: await response.json() }
    if (response.status < 500) return { nothing: true }
    const { detail }: { detail?: string } = await response.json()
    return { away: detail ?? `The answer had status ${response.status}.` }
  } catch {
    return { away: 'This page cannot reach its server.' }
  }
}

/** Chooses a tenant and goes to a page by a full load, so that nothing of another tenant stays. Resolves to false where that failed. */
export async function chooseTenant(tenantId: string, next: string): Promise<boolean> {
  try {
    const response = await fetch('/session/tenant', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenantId }),
    })
    // Who is not signed in any more is led to sign in by the page.
    if (!response.ok && response.status !== 401) return false
    window.location.assign(next)
    return true
  } catch {
    return false
  }
}

/** The same page in another tenant, where the row whose details are open is not to be had. */
export function pathInOtherTenant(pathname: string, search: string): string {
  const params = new URLSearchParams(search)
  for (const name of ['open', 'tenant']) params.delete(name)
  return params.size > 0 ? `${pathname}?${params}` : pathname
}
