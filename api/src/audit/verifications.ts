import type { Env } from '../env.ts'
import type { Context } from '../graphql/context.ts'
import { checkNotGivenUp, isGivenUp } from '../graphql/limits/deadline.ts'
import { readScope } from '../identity/tenant-scope.ts'
import { AppError } from '../kit/errors.ts'
import { createSemaphore } from '../kit/semaphore.ts'
import { type Verification, verifyChain, WITHOUT_ENTRIES } from './verify.ts'

/** The verifications of one process. */
export interface Verifications {
  /**
   * Verifies the chain of a tenant (null: the identity's own, else the installation's). Another tenant's is to a bound identity one
   * without entries. Ends when the operation that asked for it is given up.
   */
  verify(context: Context, tenantId?: string | null): Promise<Verification>
}

/** Each takes a connection and half of a processor for as long as its chain is long. */
const MAX_AT_ONCE = 2

interface Running {
  askers: Set<Context>
  result: Promise<Verification>
}

/**
 * A chain is verified once at a time: who asks while that is under way gets what it comes to, which is of the entries that there
 * were when it began (`head` says which). A few chains are verified at once, others wait in line.
 */
export function createVerifications(env: Pick<Env, 'OPERATION_TIMEOUT_MS'>): Verifications {
  const running = new Map<string, Running>()
  const line = createSemaphore({ places: MAX_AT_ONCE, waitMs: env.OPERATION_TIMEOUT_MS, late: tooMany })

  const begin = (context: Context, chain: string): Running => {
    const askers = new Set([context])
    // It goes on for as long as anybody waits for it.
    const goOn = () => {
      if ([...askers].every(isGivenUp)) checkNotGivenUp(context)
    }
    const result = line.run(() => {
      goOn()
      return verifyChain(context.core, chain, goOn)
    })
    const begun = { askers, result }
    running.set(chain, begun)
    const over = () => void running.delete(chain)
    result.then(over, over)
    return begun
  }

  return {
    async verify(context, tenantId) {
      const scope = readScope(context.identity, tenantId, 'tenantId')
      if (scope === null) return WITHOUT_ENTRIES
      const chain = scope === 'all' ? '' : scope.tenantId
      const { askers, result } = running.get(chain) ?? begin(context, chain)
      askers.add(context)
      return result
    },
  }
}

const tooMany = () => new AppError('UNAVAILABLE', 'too many chains are being verified; try again')
