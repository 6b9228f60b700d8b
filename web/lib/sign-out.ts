/** While somebody is signing out: queries that then meet the ended session are no reason to lead back to this page. */
let signingOut = false

export const isSigningOut = (): boolean => signingOut

/** Signs out and leaves for the sign-in page by a full load, so that nothing stays in memory. Resolves to false where that failed. */
export async function signOut(): Promise<boolean> {
  signingOut = true
  const done = await fetch('/session', { method: 'DELETE' }).then(
    (response) => response.ok,
    () => false,
  )
  if (done) window.location.assign('/sign-in')
  else signingOut = false
  return done
}
