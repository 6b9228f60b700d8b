import { duration } from '@/lib/format/time.ts'
import type { DeliveryRowFragment } from '@/lib/graphql.ts'
import { errorName, HOLD_ADVICE, stateOf } from './state.ts'

type Told = Pick<
  DeliveryRowFragment,
  | 'status'
  | 'holdReason'
  | 'attemptCount'
  | 'maxAttempts'
  | 'lastError'
  | 'lastErrorKind'
  | 'lastStatusCode'
  | 'recoveredBy'
>

/** A replay counts as promising from this likelihood on. */
export const LIKELY = 0.5

/** Describes a likelihood of 0 to 1: "Would probably arrive now". */
export const likelihoodText = (likelihood: number): string =>
  likelihood >= 0.8
    ? 'would probably arrive now'
    : likelihood >= LIKELY
      ? 'might arrive now'
      : 'would probably fail again'

const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`)

/**
 * Describes in a sentence the status of a delivery and what happens next. `tookMs` is the duration of the last attempt.
 */
export function verdictOf(delivery: Told, tookMs: number | null = null): string {
  const { attemptCount, maxAttempts, lastErrorKind, lastStatusCode, lastError, holdReason } = delivery
  const cause = lastErrorKind ? errorName(lastErrorKind, lastStatusCode) : (lastError ?? 'unknown')
  switch (stateOf(delivery)) {
    case 'arrived': {
      const took = tookMs === null ? '' : `, in ${duration(tookMs)}`
      return `Arrived at the ${attemptCount <= 1 ? 'first attempt' : `attempt number ${attemptCount}`}${took}.`
    }
    case 'waiting':
      return 'Waiting for its first attempt.'
    case 'held':
      return holdReason ? HOLD_ADVICE[holdReason] : 'Held.'
    case 'retrying':
      return attemptCount + 1 === maxAttempts
        ? `Failed ${times(attemptCount)}: ${cause}. One attempt is left.`
        : `Failed ${times(attemptCount)}: ${cause}. ${maxAttempts - attemptCount} attempts are left.`
    case 'dead':
      return `Given up after ${attemptCount === 1 ? 'one attempt' : `${attemptCount} attempts`}: ${cause}.`
    case 'recovered':
      return 'Its replay arrived.'
    case 'cancelled':
      // The API's message names the user and the reason: "cancelled by Ada: no longer wanted".
      return lastError ? `${lastError.charAt(0).toUpperCase()}${lastError.slice(1)}.` : 'Cancelled.'
  }
}
