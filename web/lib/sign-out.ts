/** While somebody is signing out: queries that then meet the ended session are no reason to lead back to this page. */
let signingOut = false

export const isSigningOut = (): boolean => signingOut

/**
 * Signs out and leaves by a full load, so that nothing stays in memory: for the sign-in page, or for the identity provider,
 * which leads there when it has signed out too. Resolves to false where that failed.
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
    // Said by whoever asked, as any other failure.
  }
  signingOut = false
  return false
}
