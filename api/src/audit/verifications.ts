import type { Env } from '../env.ts'
import type { Context } from '../graphql/context.ts'
import { checkNotGivenUp, isGivenUp } from '../graphql/limits/deadline.ts'
import { readScope } from '../identity/tenant-scope.ts'
import { AppError } from '../kit/errors.ts'
import { createSemaphore } from '../kit/semaphore.ts'
import { type Verification, verifyChain, WITHOUT_ENTRIES } from './verify.ts'

/** The chain verifications of one process. */
export interface Verifications {
  /**
   * Verifies the chain of a tenant (null: the identity's own, else the installation's). To a bound identity another
   * tenant's chain appears empty. Stops when the operation that asked for it is abandoned.
   */
  verify(context: Context, tenantId?: string | null): Promise<Verification>
}

/** Each verification uses a connection and half a processor while it runs. */
const MAX_AT_ONCE = 2

interface Running {
  askers: Set<Context>
  result: Promise<Verification>
}

/**
 * Verifies each chain once at a time: concurrent requests share the result, which covers the entries that existed at
 * the beginning (`head` names the last). A few chains are verified at once; others queue.
 */
export function createVerifications(env: Pick<Env, 'OPERATION_TIMEOUT_MS'>): Verifications {
  const running = new Map<string, Running>()
  const line = createSemaphore({ places: MAX_AT_ONCE, waitMs: env.OPERATION_TIMEOUT_MS, late: tooMany })

  const begin = (context: Context, chain: string): Running => {
    const askers = new Set([context])
    // It continues as long as a request waits for it.
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
