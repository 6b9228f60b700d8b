import type { IncomingHttpHeaders } from 'node:http'
import type { AppContext } from '../app-context.ts'
import { isTransientError } from '../db/transient-errors.ts'
import type { Authenticate, WatchIdentity } from '../identity/authentication.ts'
import type { Identity } from '../identity/identity.ts'
import { AppError } from '../kit/errors.ts'
import type { ApiKeys } from './api-keys/api-keys.ts'

/** Timers may fire slightly early, so the check at an identity's expiry is this much later. */
const SLACK_MS = 20

/**
 * Authenticates again every AUTH_RECHECK_MS, when the identity expires, and when its API key is revoked. The interval
 * varies by a quarter, so that connections that began together are not checked together. If the server that could
 * answer is unavailable, the identity stays valid.
 */
export function createWatch(
  authenticate: Authenticate,
  { env, clock, random, log }: Pick<AppContext, 'env' | 'clock' | 'random' | 'log'>,
  keys?: Pick<ApiKeys, 'onForgotten'>,
): WatchIdentity {
  const holds = async (headers: IncomingHttpHeaders, identity: Identity): Promise<boolean> => {
    try {
      const now = await authenticate(headers)
      return now !== null && rightsOf(now) === rightsOf(identity)
    } catch (error) {
      if (isTransientError(error)) return true
      if (error instanceof AppError) return error.code === 'UNAVAILABLE'
      log.error(
        { err: error, actor: identity.id },
        'an identity could not be rechecked; it stays valid until the next check',
      )
      return true
    }
  }

  const byActor = new Map<string, Set<() => void>>()
  keys?.onForgotten((id) => {
    // A null id means that a revocation may have been missed. The next periodic check finds it.
    for (const checkNow of (id && byActor.get(id)) || []) checkNow()
  })

  return (headers, identity, lost) => {
    let timer: NodeJS.Timeout | undefined
    let over = false
    const check = async () => {
      const still = await holds(headers, identity)
      if (over) return
      if (still) return plan()
      stop()
      lost()
    }
    const checkNow = () => void check()
    const plan = () => {
      clearTimeout(timer)
      const recheck = env.AUTH_RECHECK_MS * (0.75 + random() / 2)
      const left = identity.expiresAt ? identity.expiresAt.getTime() - clock() : 0
      timer = setTimeout(checkNow, left > 0 ? Math.min(recheck, left + SLACK_MS) : recheck)
    }
    const watched = byActor.get(identity.id) ?? new Set()
    byActor.set(identity.id, watched.add(checkNow))
    const stop = () => {
      over = true
      clearTimeout(timer)
      watched.delete(checkNow)
      if (watched.size === 0 && byActor.get(identity.id) === watched) byActor.delete(identity.id)
    }
    plan()
    return stop
  }
}

const rightsOf = ({ kind, id, tenantId, roles }: Identity) => JSON.stringify([kind, id, tenantId, [...roles].sort()])
