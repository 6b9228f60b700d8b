import type { Env } from '../env.ts'
import type { Context } from '../graphql/context.ts'
import { checkNotGivenUp, isGivenUp } from '../graphql/limits/deadline.ts'
import { readScope } from '../identity/tenant-scope.ts'
import { createSemaphore } from '../kit/async/semaphore.ts'
import { AppError } from '../kit/errors.ts'
import { type Verification, verifyChain, WITHOUT_ENTRIES } from './verify.ts'

/** The context of a request for a verification. */
export type Requester = Pick<Context, 'core' | 'identity'>

/** Runs the verifications of chains in one process. */
export interface Verifications {
  /**
   * Verifies a tenant's chain. Without `tenantId`: the chain of the identity's tenant, or the installation's for an
   * unbound identity. A bound identity sees another tenant's chain as empty. Stops when its operation is aborted.
   */
  verify(context: Requester, tenantId?: string | null): Promise<Verification>
}

/** Maximum number of verifications at a time: each uses a connection and half a CPU core. */
const MAX_AT_ONCE = 2

interface Running {
  askers: Set<Requester>
  result: Promise<Verification>
}

/**
 * Verifies each chain only once at a time: concurrent requests share the result. It covers the entries that existed
 * when the verification began; `head` is the hash of the last one. Only a few chains are verified at once; the others
 * queue.
 */
export function createVerifications(env: Pick<Env, 'OPERATION_TIMEOUT_MS'>): Verifications {
  const running = new Map<string, Running>()
  const line = createSemaphore({ places: MAX_AT_ONCE, waitMs: env.OPERATION_TIMEOUT_MS, late: tooMany })

  const begin = (context: Requester, chain: string): Running => {
    const askers = new Set([context])
    // The verification continues as long as any request waits for it.
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
