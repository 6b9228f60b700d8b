/** True from when the page decides to leave until it is gone, or is shown again. */
let leaving = false

/** Whether the page is about to be left. A query that fails meanwhile must not redirect: it would replace the new page. */
export const isLeavingPage = (): boolean => leaving

/**
 * Runs `depart`, which ends or changes the session and then starts a full page load. It resolves to false if the page
 * stays; a rejection counts as false.
 */
export async function leavePage(depart: () => Promise<boolean>): Promise<boolean> {
  leaving = true
  // The browser may keep the page and show it again when the user goes back.
  window.addEventListener('pageshow', stay, { once: true })
  try {
    if (await depart()) return true
  } catch {
    // The caller reports the error.
  }
  stay()
  return false
}

function stay(): void {
  leaving = false
}
