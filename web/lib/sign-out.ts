/** True while signing out. Queries that fail because the session has ended must not redirect back to this page. */
let signingOut = false

export const isSigningOut = (): boolean => signingOut

/**
 * Signs out and leaves the page with a full page load, so that nothing stays in memory. The next page is the sign-in
 * page, or the provider, which redirects to the sign-in page. Resolves to false on failure.
 */
export async function signOut(): Promise<boolean> {
  signingOut = true
  try {
    const response = await fetch('/session', { method: 'DELETE' })
    if (response.ok) {
      const answer: { leadsTo?: string } = response.status === 200 ? await response.json() : {}
      window.location.assign(answer.leadsTo ?? '/sign-in')
      return true
    }
  } catch {
    // The caller reports the error.
  }
  signingOut = false
  return false
}
