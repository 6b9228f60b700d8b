import type { Toast } from '@/lib/actions/toasts.ts'
import { type FragmentType, readFragment } from '@/lib/graphql.ts'
import { TestAttempt } from './actions.ts'

/** The toast for the result of a probe. */
export function probeResult(attempt: FragmentType<typeof TestAttempt>): Omit<Toast, 'id'> {
  const { errorKind, error } = readFragment(TestAttempt, attempt)
  return errorKind
    ? { tone: 'warn', title: 'The receiver still fails.', detail: error ?? errorKind }
    : { tone: 'good', title: 'The receiver answered.', detail: 'Waiting deliveries are sent now.' }
}
