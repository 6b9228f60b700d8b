/** Runs once when the server starts. An invalid setting stops the server now, instead of failing the first request. */
export async function register(): Promise<void> {
  // Next.js also builds this file for its edge runtime, which has no process to exit.
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { checkSettings } = await import('@/lib/server/check-settings.ts')
  checkSettings()
}
