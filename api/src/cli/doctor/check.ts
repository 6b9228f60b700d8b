import { reasonOf } from '../session/failure.ts'

export type CheckStatus = 'OK' | 'WARNING' | 'FAILED'

/** The result of one check. */
export interface Check {
  name: string
  status: CheckStatus
  message: string
  /** What to do about the problem; null if there is nothing to do. */
  advice: string | null
}

export const good = (name: string, message: string): Check => ({ name, status: 'OK', message, advice: null })
export const warning = (name: string, message: string, advice: string): Check => ({
  name,
  status: 'WARNING',
  message,
  advice,
})
export const failed = (name: string, message: string, advice: string): Check => ({
  name,
  status: 'FAILED',
  message,
  advice,
})

/** Returns the checks of `run`. If `run` throws, returns one failed check. */
export async function guarded(name: string, advice: string, run: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await run()
  } catch (error) {
    return [failed(name, reasonOf(error), advice)]
  }
}

/**
 * From SKEW_WARNING_MS on, a clock difference is a risk for the timestamps of signatures and tokens. From
 * SKEW_FAILED_MS on, they are refused.
 */
const SKEW_WARNING_MS = 2_000
const SKEW_FAILED_MS = 30_000

/** Compares a clock with this machine's. `precisionMs` is the maximum error of the reading. */
export function clockCheck(name: string, theirs: number, ours: number, precisionMs: number): Check {
  const skew = Math.max(0, Math.abs(theirs - ours) - precisionMs)
  const message = skew === 0 ? 'agrees with the local clock' : `${(skew / 1_000).toFixed(1)} s off the local clock`
  const advice = 'synchronise the clocks (NTP): signatures and tokens have times'
  if (skew > SKEW_FAILED_MS) return failed(name, message, advice)
  return skew > SKEW_WARNING_MS ? warning(name, message, advice) : good(name, message)
}
