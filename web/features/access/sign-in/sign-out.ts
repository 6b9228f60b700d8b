import { leavePage } from '@/lib/leaving-page.ts'

/**
 * Signs out and leaves the page with a full page load, so that nothing stays in memory. The next page is the sign-in
 * page, or the provider, which redirects to the sign-in page. Resolves to false on failure.
 */
export function signOut(): Promise<boolean> {
  return leavePage(async () => {
    const response = await fetch('/session', { method: 'DELETE' })
    if (!response.ok) return false
    const answer: { leadsTo?: string } = response.status === 200 ? await response.json() : {}
    window.location.assign(answer.leadsTo ?? '/sign-in')
    return true
  })
}
