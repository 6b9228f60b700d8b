/** Set while signing out: queries that fail because the session has ended must not redirect back to this page. */
let signingOut = false

export const isSigningOut = (): boolean => signingOut

/**
 * Signs out and leaves with a full page load, so that nothing stays in memory: to the sign-in page, or to the
 * provider, which redirects there. Resolves to false on failure.
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
