import { apiUrl } from '@/lib/env.ts'

/** Runs once when the server starts: a wrong setting stops the start instead of failing the first visitor. */
export function register(): void {
  try {
    apiUrl('/')
  } catch (error) {
    console.error(`Settings that are missing or wrong:\n  ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}
