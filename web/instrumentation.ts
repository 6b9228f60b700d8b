/** Runs once when the server starts: a wrong setting stops the start instead of failing the first visitor. */
export async function register(): Promise<void> {
  // Next.js also builds this file for its edge runtime, where there is no process to end.
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { checkSettings } = await import('@/lib/server/check-settings.ts')
  checkSettings()
}
