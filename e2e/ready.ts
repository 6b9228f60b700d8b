import { apiUrl } from './support.ts'

const PATIENCE_MS = 180_000
const PAUSE_MS = 250

/** Waits for the API: a start brings the web up first, while migrations and the demo's data are still being written. */
export default async function ready(): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await fetch(`${apiUrl()}/ready`).catch(() => null)
    if (answer?.ok) return
    if (Date.now() > deadline) throw new Error(`${apiUrl()}/ready is not reached within ${PATIENCE_MS / 1_000} s`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
