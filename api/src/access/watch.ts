import type { IncomingHttpHeaders } from 'node:http'
import type { Core } from '../kit/core.ts'
import { AppError } from '../kit/errors.ts'
import { isAway } from '../kit/faults.ts'
import type { Authenticate } from './authenticate.ts'
import type { Identity } from './identity.ts'

/**
 * Calls `lost` once, as soon as it is known that the headers which proved an identity no longer do. For connections that
 * outlive a request. The function that is returned ends the watch.
 */
export type WatchIdentity = (headers: IncomingHttpHeaders, identity: Identity, lost: () => void) => () => void

/** A timer may fire a little before its time. */
const SLACK_MS = 20

/**
 * Authenticates again every AUTH_RECHECK_MS, give or take a quarter so that connections which began together do not all ask
 * at once, and when the identity expires. A server that is away says nothing about anybody: the identity then holds.
 */
export function createWatch(
  authenticate: Authenticate,
  { env, clock, random, log }: Pick<Core, 'env' | 'clock' | 'random' | 'log'>,
): WatchIdentity {
  const holds = async (headers: IncomingHttpHeaders, identity: Identity): Promise<boolean> => {
    try {
      const now = await authenticate(headers)
      return now !== null && rightsOf(now) === rightsOf(identity)
    } catch (error) {
      if (isAway(error)) return true
      if (error instanceof AppError) return error.code === 'UNAVAILABLE'
      log.error(
        { err: error, actor: identity.id },
        'an identity could not be checked again; it holds until the next time',
      )
      return true
    }
  }

  return (headers, identity, lost) => {
    let timer: NodeJS.Timeout | undefined
    let over = false
    const check = async () => {
      const still = await holds(headers, identity)
      if (over) return
      if (still) plan()
      else {
        over = true
        lost()
      }
    }
    const plan = () => {
      const recheck = env.AUTH_RECHECK_MS * (0.75 + random() / 2)
      const left = identity.expiresAt ? identity.expiresAt.getTime() - clock() : 0
      timer = setTimeout(() => void check(), left > 0 ? Math.min(recheck, left + SLACK_MS) : recheck)
    }
    plan()
    return () => {
      over = true
      clearTimeout(timer)
    }
  }
}

const rightsOf = ({ kind, id, tenantId, roles }: Identity) => JSON.stringify([kind, id, tenantId, [...roles].sort()])
