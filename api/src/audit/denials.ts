import type { AppContext } from '../app-context.ts'
import type { AppError } from '../kit/errors.ts'
import { type AuditSnapshot, appendEntry, type Caller, type Target } from './entry.ts'

declare module '../graphql/context.ts' {
  interface Services {
    denials: Denials
  }
}

/** The action that was refused, and its target. */
export interface Refused {
  action: string
  target: Target | null
  /** The number of refused items of a batch; 1 by default. */
  times?: number
}

/** A recorded denial, as the violation event reports it. */
export interface Violation {
  entryId: string
  caller: Caller
  action: string
  /** The role that was missing; null when the denial has another reason. */
  required: string | null
}

/**
 * Records denials. The first denial of an actor and action is written before the request is answered. Further ones
 * within a minute are only counted, and become one entry (`after.times`) at its end, so that a client that repeats its
 * request cannot fill the disk. If the process is killed, the counts are lost, but not the first entry.
 */
export interface Denials {
  /** Records a denial. Never rejects: if the entry cannot be written, that is logged. */
  note(caller: Caller, refused: Refused, error: AppError): Promise<void>
  /** Writes the counted denials. */
  close(): Promise<void>
}

const WINDOW_MS = 60_000
const LOOK_MS = 1_000
/**
 * Maximum number of pairs of actor and action that are counted at once. If there are more, the oldest are written
 * early.
 */
const MAX_COUNTED = 10_000

interface Counted {
  since: number
  times: number
  last: { caller: Caller; refused: Refused; why: AuditSnapshot } | null
}

export function createDenials(
  core: Pick<AppContext, 'db' | 'clock' | 'log'>,
  onViolation: (violation: Violation) => void,
): Denials {
  const counted = new Map<string, Counted>()

  const append = async (caller: Caller, { action, target }: Refused, why: AuditSnapshot): Promise<string | null> => {
    const tenantId = tenantOfDenial(caller)
    // If the error names the tenant that the actor tried to use, that tenant is recorded, not the one that the identity
    // was narrowed to.
    const after = caller.identity.narrowed ? { tenant: caller.identity.tenantId, ...why } : why
    try {
      return await appendEntry(core.db.pool, caller, {
        action,
        target,
        tenantId,
        outcome: 'DENIED',
        before: null,
        after,
      })
    } catch (error) {
      const { kind, id } = caller.identity
      core.log.warn(
        { err: error, actor: { kind, id }, tenantId, action, target, after, requestId: caller.requestId },
        'a denial could not be written to the audit trail',
      )
      return null
    }
  }

  const conclude = async ({ since, times, last }: Counted) => {
    if (last === null) return
    const span = { since: new Date(since).toISOString(), until: new Date(core.clock()).toISOString() }
    await append(last.caller, last.refused, { ...last.why, times, ...span })
  }

  const concluding = new Set<Promise<void>>()
  const end = (key: string, entry: Counted) => {
    if (counted.get(key) === entry) counted.delete(key)
    const done = conclude(entry).finally(() => concluding.delete(done))
    concluding.add(done)
  }
  const endThose = (isDue: (entry: Counted) => boolean) => {
    for (const [key, entry] of counted) if (isDue(entry)) end(key, entry)
  }
  const isOver = ({ since }: Counted) => core.clock() - since >= WINDOW_MS
  const timer = setInterval(() => endThose(isOver), LOOK_MS).unref()

  return {
    async note(caller, refused, error) {
      const { kind, id } = caller.identity
      const required = requiredRole(error)
      const { tenant } = error.extensions
      const why = { code: error.code, ...(required && { required }), ...(typeof tenant === 'string' && { tenant }) }
      // The key does not contain tenant and target, because the caller can choose them freely.
      const key = `${kind} ${id} ${refused.action}`
      const times = refused.times ?? 1
      const ongoing = counted.get(key)
      if (ongoing && !isOver(ongoing)) {
        ongoing.times += times
        ongoing.last = { caller, refused, why }
        return
      }
      if (ongoing) end(key, ongoing)
      for (const [oldest, entry] of counted) {
        if (counted.size < MAX_COUNTED) break
        end(oldest, entry)
      }
      const first: Counted = { since: core.clock(), times: 0, last: null }
      counted.set(key, first)
      const entryId = await append(caller, refused, times > 1 ? { ...why, times } : why)
      if (entryId === null) end(key, first)
      else onViolation({ entryId, caller, action: refused.action, required })
    },
    async close() {
      clearInterval(timer)
      endThose(() => true)
      await Promise.all(concluding)
    },
  }
}

/**
 * The tenant to whose chain a denial belongs. A tenant that an unbound identity names by X-Tenant-ID does not count.
 * Otherwise refused requests could write into any tenant's chain, or start a chain for a tenant that does not exist.
 */
export const tenantOfDenial = ({ identity }: Caller): string | null => (identity.narrowed ? null : identity.tenantId)

const requiredRole = ({ extensions }: AppError): string | null =>
  typeof extensions.requiredRole === 'string' ? extensions.requiredRole : null
