import type { AppContext } from '../app-context.ts'
import type { AppError } from '../kit/errors.ts'
import { type AuditSnapshot, appendEntry, type Caller, type Target } from './entry.ts'

declare module '../graphql/context.ts' {
  interface Services {
    denials: Denials
  }
}

/** What somebody was refused. */
export interface Refused {
  action: string
  target: Target | null
  /** How many at once, as in a batch; 1 when left out. */
  times?: number
}

/** A denial that was written down, for whoever announces it. */
export interface Violation {
  entryId: string
  caller: Caller
  action: string
  /** The role that it takes; null where it was not a matter of a role. */
  required: string | null
}

/**
 * Writes down who was refused what. The first denial is an entry before it is answered; further ones of the same actor and
 * action are counted, and become one entry (`after.times`) when a minute has passed: a client that asks without end fills no
 * disk. What is counted and not yet written is lost when the process is killed; the first entry stands.
 */
export interface Denials {
  /** Never rejects: an entry that cannot be written is logged. */
  note(caller: Caller, refused: Refused, error: AppError): Promise<void>
  /** Writes what is counted. */
  close(): Promise<void>
}

const WINDOW_MS = 60_000
const LOOK_MS = 1_000
/** Actors and actions whose denials are counted at once. Beyond, the oldest are written early. */
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
    // Whom one reached for says more than whom one was looking after meanwhile.
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
      // Not by tenant or target, which whoever asks may choose at will.
      const key = `${kind} ${id} ${refused.action}`
      const times = refused.times ?? 1
      const known = counted.get(key)
      if (known && !isOver(known)) {
        known.times += times
        known.last = { caller, refused, why }
        return
      }
      if (known) end(key, known)
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
 * Whose denial it is. A tenant that somebody who belongs to none merely names (X-Tenant-ID) has no part in it: nobody writes into
 * its chain, and makes none for a tenant that there is not, by asking for what they may not.
 */
export const tenantOfDenial = ({ identity }: Caller): string | null => (identity.narrowed ? null : identity.tenantId)

const requiredRole = ({ extensions }: AppError): string | null =>
  typeof extensions.requiredRole === 'string' ? extensions.requiredRole : null
